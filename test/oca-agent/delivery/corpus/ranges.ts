/** What a `Range` field asks of a file of 1,000 bytes, and the right answers: a part, all of it, or nothing. */
export const RANGES: readonly (readonly [name: string, range: string, status: 200 | 206 | 416])[] =
  [
    ['1,000 ranges (CVE-2011-3192)', `bytes=0-,${five(1000)}`, 200],
    ['overlapping ranges', 'bytes=0-999,0-999,0-999,0-999', 200],
    ['ranges in reverse', 'bytes=900-999,500-600,0-10', 200],
    ['two ranges', 'bytes=0-1,998-999', 200],
    ['a range in reverse', 'bytes=10-5', 200],
    ['an end beyond 2^53', 'bytes=0-9007199254740993', 206],
    ['an end beyond 2^64 (CVE-2015-1635)', 'bytes=0-18446744073709551615', 206],
    ['a first beyond 2^64', 'bytes=18446744073709551616-', 416],
    ['a suffix beyond 2^64 (CVE-2017-7529)', 'bytes=-9223372036854775608', 206],
    ['a number of 400 digits', `bytes=0-${'9'.repeat(400)}`, 206],
    ['a first beyond the end', 'bytes=1000-', 416],
    ['a suffix of nothing', 'bytes=-0', 416],
    ['the last byte', 'bytes=-1', 206],
    ['a negative first', 'bytes=--1-2', 200],
    ['a signed first', 'bytes=+0-2', 200],
    ['hex', 'bytes=0x0-0x5', 200],
    ['no numbers', 'bytes=-', 200],
    ['no range', 'bytes=', 200],
    ['another unit', 'items=0-5', 200],
    ['no unit', '0-5', 200],
    ['commas alone', 'bytes=,,,,', 200],
    ['letters', 'bytes=a-b', 200],
  ];

function five(count: number): string {
  return Array.from({ length: count }, (_, index) => `5-${index}`).join(',');
}
