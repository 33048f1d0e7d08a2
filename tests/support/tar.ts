/** A tar archive made in memory: what an archive of a folder would be, for tests of what reads one. */

/** `link`: a symbolic link to that path instead of content. */
export type TarContent = string | Uint8Array | { link: string };

export function tarOf(files: Record<string, TarContent>): Uint8Array<ArrayBuffer> {
  const parts = Object.entries(files).flatMap(([path, content]) => {
    if (typeof content === "object" && "link" in content) return [header(path, 0, "2", content.link)];
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const long = path.length > 100 ? [header("././@LongLink", path.length, "L"), padded(new TextEncoder().encode(path))] : [];
    return [...long, header(path.slice(0, 100), bytes.length, "0"), padded(bytes)];
  });
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 1024));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const streamOf = (bytes: Uint8Array<ArrayBuffer>, pieceBytes = 700): ReadableStream<Uint8Array> => {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + pieceBytes));
      at += pieceBytes;
    },
  });
};

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 512) * 512);
  whole.set(bytes);
  return whole;
}

function header(path: string, size: number, type: string, link = ""): Uint8Array {
  const block = new Uint8Array(512);
  const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at);
  put(path, 0);
  put("0000644\0", 100);
  put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  put("        ", 148);
  put(type, 156);
  put(link, 157);
  put("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
