/** Long steps say what they do and how long they take: lines for a person on stderr, JSON events on stdout with --json. */

/** Runs one step, reporting its begin, every few seconds its age, and its end. */
export async function step(name, label, { json = false }, work) {
  const began = Date.now();
  const say = (state) => {
    const elapsedMs = Date.now() - began;
    if (json) console.log(JSON.stringify({ type: "step", name, state, elapsedMs }));
    else if (state === "begun") process.stderr.write(`${label} …\n`);
    else
      process.stderr.write(
        `  ${state === "done" ? "done" : state === "failed" ? "failed" : "still at it"} (${(elapsedMs / 1_000).toFixed(1)} s)\n`,
      );
  };
  say("begun");
  const timer = setInterval(() => say("running"), 5_000);
  try {
    const result = await work();
    say("done");
    return result;
  } catch (error) {
    say("failed");
    throw error;
  } finally {
    clearInterval(timer);
  }
}
