/** Does one thing at a time, and nothing more once it was ended. */
export class SerialWork {
  #last: Promise<unknown> = Promise.resolve();
  #isEnded = false;

  /** False when it was ended. */
  do(work: () => Promise<boolean>): Promise<boolean> {
    const result = this.#last.then(() => (this.#isEnded ? false : work()));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Waits for what is being done, and then does the last thing. */
  async end(last: () => Promise<void>): Promise<void> {
    this.#isEnded = true;
    await this.#last;
    await last();
  }
}
