/** Ends a jest run with one plain line, `tests: 12 passed, 0 failed`, for whoever reads logs by machine. */
export default class CountReporter {
  onRunComplete(_testContexts, results) {
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = results;
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
    process.stdout.write(`tests: ${numPassedTests} passed, ${failed} failed${skipped}\n`);
  }
}
