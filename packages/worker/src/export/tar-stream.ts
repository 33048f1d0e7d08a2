/** A tar archive as it is made: each file's content is held one at a time. */

const blockBytes = 512;
const encoder = new TextEncoder();

export interface ExportFile {
  /** At most 255 bytes; longer ones get a pax record. */
  path: string;
  content: Uint8Array | string;
}

/** Pulls the files one after the other, as fast as the reader takes them. */
export function tarStream(files: AsyncIterable<ExportFile>, nowMs: number): ReadableStream<Uint8Array> {
  const iterator = files[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (!done) return controller.enqueue(entry(value, nowMs));
      controller.enqueue(new Uint8Array(2 * blockBytes));
      controller.close();
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

function entry(file: ExportFile, nowMs: number): Uint8Array {
  const content = typeof file.content === "string" ? encoder.encode(file.content) : file.content;
  const path = encoder.encode(file.path);
  const plain = /^[\x20-\x7e]{1,100}$/.test(file.path);
  const record = plain ? new Uint8Array() : encoder.encode(paxPath(file.path, path.length));
  const parts = [
    ...(plain ? [] : [header("pax", record.length, "x", nowMs), padded(record)]),
    header(plain ? file.path : "file", content.length, "0", nowMs),
    padded(content),
  ];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Its first number counts the whole record, that number included. */
function paxPath(path: string, pathBytes: number): string {
  const rest = pathBytes + " path=\n".length;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length += 1;
  return `${length} path=${path}\n`;
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / blockBytes) * blockBytes);
  whole.set(bytes);
  return whole;
}

function header(name: string, size: number, type: string, nowMs: number): Uint8Array {
  const block = new Uint8Array(blockBytes);
  const put = (text: string, at: number) => block.set(encoder.encode(text), at);
  put(name, 0);
  put("0000644\0", 100);
  put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  put(
    `${Math.floor(nowMs / 1_000)
      .toString(8)
      .padStart(11, "0")}\0`,
    136,
  );
  put("        ", 148);
  put(type, 156);
  put("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
