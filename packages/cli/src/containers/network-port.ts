/** The port of a networking container on this machine. An answer also tells it that somebody still wants it. */

const oneTryMs = 2_000;
const betweenMs = 10;

/** Whether it answers. Never throws. */
export async function answersAt(port: number | string): Promise<boolean> {
  const { get } = await import("node:http");
  return new Promise((resolve) => {
    const call = get({ host: "127.0.0.1", port, path: "/ca", agent: false, timeout: oneTryMs }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(false));
  });
}

/** Waits until it answers. Throws with a reason in words when it does not. */
export async function untilItAnswers(port: number | string, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await answersAt(port))) {
    if (Date.now() > deadline) throw new Error(`the container's network does not answer within ${timeoutMs / 1_000} seconds`);
    await new Promise((resolve) => setTimeout(resolve, betweenMs));
  }
}
