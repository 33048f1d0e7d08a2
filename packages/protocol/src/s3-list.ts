/** One page of what an S3 server answers when its bucket is listed (ListObjectsV2, XML): ours to read in the Worker and in the command. */

export interface S3Object {
  key: string;
  /** undefined where the server does not say. */
  sizeBytes: number | undefined;
}

export interface S3ListPage {
  objects: S3Object[];
  /** Asks for the next page; undefined: this was the last. */
  next: string | undefined;
}

/** Text that is no such list is an empty last page. */
export function readS3List(xml: string): S3ListPage {
  const objects = [...xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)].flatMap(([, entry = ""]): S3Object[] => {
    const key = /<Key>([^<]*)<\/Key>/.exec(entry)?.[1];
    const size = /<Size>(\d+)<\/Size>/.exec(entry)?.[1];
    return key === undefined ? [] : [{ key: unescaped(key), sizeBytes: size === undefined ? undefined : Number(size) }];
  });
  const token = /<NextContinuationToken>([^<]+)</.exec(xml)?.[1];
  return { objects, next: token !== undefined && /<IsTruncated>true</.test(xml) ? unescaped(token) : undefined };
}

const names: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" };

/** In one pass: what an escaped `&` begins is no escape. */
const unescaped = (text: string): string =>
  text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(quot|apos|lt|gt|amp));/gi,
    (whole, hex?: string, decimal?: string, name = "") => {
      if (hex === undefined && decimal === undefined) return names[name] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10_ffff ? String.fromCodePoint(code) : whole;
    },
  );
