/** The end of `npm test`: a test that did not run has not passed, and it is said where nobody can miss it. */
export function lastLines({ passed, failed, notRun }) {
  return [...notRun.map((what) => `\n!!! NOT RUN: ${what}\n`), `${passed} passed, ${failed} failed`];
}
