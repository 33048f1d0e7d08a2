/** Who may speak to this container: only the holder of its generation's secret, and only while that generation is wanted. */

import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text) => createHash("sha256").update(text).digest();

export function createFence({ generation, secret, leaseMs, onLapse }) {
  const wanted = digest(`Bearer ${secret}`);
  // A clock that stands still while the machine sleeps: nobody could ask then.
  let lastAskedAt = performance.now();
  // Nobody asks any more: the assistant is gone, or has another generation. What is left over must not live on.
  setInterval(() => performance.now() - lastAskedAt > leaseMs && onLapse(), Math.min(leaseMs / 4, 5_000));

  return {
    generation,
    /** undefined when the request may pass; else the status and words to refuse it with. */
    refuse({ headers }) {
      if (Number(headers["x-moltworker-generation"]) !== generation)
        return { status: 409, error: `this is generation ${generation}` };
      if (!timingSafeEqual(digest(String(headers.authorization ?? "")), wanted))
        return { status: 401, error: "the secret of this generation is wanted" };
      lastAskedAt = performance.now();
      return undefined;
    },
  };
}
