/** Failures of the scripts: one sentence of cause, one of cure, and the exit code of the product's error table. */

export const exitCodes = { NODE_TOO_OLD: 86, BUILD_FAILED: 87, DEPLOY_FAILED: 98, INTERNAL: 54, USAGE: 2 };

export class Failure extends Error {
  /** @param {keyof typeof exitCodes} code */
  constructor(code, message, hint) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Says cause and cure, and sets the exit code. */
export function report(error, json = false) {
  const failure =
    error instanceof Failure
      ? error
      : new Failure("INTERNAL", error?.stack ?? String(error), "This is a fault of the script: please report it.");
  process.exitCode = exitCodes[failure.code];
  const wire = { message: failure.message, details: { code: failure.code, hint: failure.hint } };
  if (json) console.log(JSON.stringify({ type: "error", exitCode: process.exitCode, error: wire }));
  else console.error(`moltworker: ${failure.message} (${failure.code})\n${failure.hint}`);
}

/** Throws NODE_TOO_OLD below 20.19, the oldest version that the build and the server run on. */
export function requireNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Failure("NODE_TOO_OLD", `this is Node.js ${version}, which is too old`, "Install Node.js 20.19 or newer.");
}
