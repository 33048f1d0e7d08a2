/** A body that is refused for its size is taken in all the same and forgotten: a client that still writes would hear a broken connection, not why. */

const mostForgottenBytes = 67_108_864;

/** For senders who are known, with the length that they declared. Never rejects: who stops in the middle is refused as well. */
export async function forgetBody(body: ReadableStream | null, declaredBytes: number): Promise<void> {
  if (body && declaredBytes <= mostForgottenBytes) await body.pipeTo(new WritableStream()).catch(() => {});
}
