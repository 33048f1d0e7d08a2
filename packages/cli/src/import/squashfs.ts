/**
 * Reads the files of a squashfs 4.0 image, which is how late moltworkers kept their backups. Only what an import needs: files and
 * their paths; links and devices are named and passed over. The image is read in place, piece by piece, and never changed.
 */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import * as zlib from "node:zlib";
import { MoltError } from "@moltworker/protocol/errors";

export interface ImageFile {
  path: string;
  sizeBytes: number;
  /** Pieces of its content, in order. */
  content(): Generator<Buffer, void, undefined>;
}

export interface Image {
  files(skip: (path: string, why: string) => void): Generator<ImageFile, void, undefined>;
  close(): void;
}

export const squashfsMagic = Buffer.from("hsqs");

const superblockBytes = 96;
const metadataBytes = 8_192;
const noFragment = 0xffff_ffff;
/** In a data block's size: it is stored as it is. In a metadata block's header the bit is another. */
const [storedBlock, storedMetadata] = [1 << 24, 1 << 15];
const deepest = 100;

type Unpack = (bytes: Buffer, most: number) => Buffer;
const zstd = (zlib as { zstdDecompressSync?: (bytes: Buffer, options: { maxOutputLength: number }) => Buffer })
  .zstdDecompressSync;
const methods: Record<number, { name: string; unpack: Unpack | undefined }> = {
  1: { name: "gzip", unpack: (bytes, most) => zlib.inflateSync(bytes, { maxOutputLength: most }) },
  2: { name: "lzma", unpack: undefined },
  3: { name: "lzo", unpack: undefined },
  4: { name: "xz", unpack: undefined },
  5: { name: "lz4", unpack: undefined },
  6: { name: "zstd", unpack: zstd && ((bytes, most) => zstd(bytes, { maxOutputLength: most })) },
};

interface Inode {
  kind: "folder" | "file" | "other";
  /** Folder: where its listing stands. */
  block: number;
  offset: number;
  size: number;
  /** File. */
  start: number;
  fragment: number;
  fragmentOffset: number;
  sizes: number[];
}

/** Throws INVALID_REQUEST with what is wrong, and with the command that unpacks it where this cannot. */
export function openSquashfs(path: string): Image {
  const file = openSync(path, "r");
  try {
    const reader = createReader(file, path);
    return { files: (skip) => walk(reader, reader.root, "", 0, skip), close: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

type Reader = ReturnType<typeof createReader>;

function createReader(file: number, path: string) {
  const imageBytes = fstatSync(file).size;
  const at = (position: number, length: number): Buffer => {
    const bytes = Buffer.alloc(Math.min(length, imageBytes));
    if (position < 0 || position > imageBytes - length || readSync(file, bytes, 0, length, position) !== length)
      throw damaged(path, "it is cut off");
    return bytes;
  };
  const head = at(0, superblockBytes);
  if (!head.subarray(0, 4).equals(squashfsMagic) || head.readUInt16LE(28) !== 4) throw damaged(path, "it is no squashfs 4 image");
  const blockBytes = head.readUInt32LE(12);
  const method = methods[head.readUInt16LE(20)];
  if (blockBytes < 4_096 || blockBytes > 1_048_576) throw damaged(path, "its block size is not valid");
  const unpack = method?.unpack;
  if (!unpack)
    throw new MoltError("INVALID_REQUEST", {
      message: `the backup is packed with ${method?.name ?? "an unknown method"}, which is not read here`,
      hint: `Unpack it with \`unsquashfs -d unpacked ${path}\` (Debian: squashfs-tools), then import the folder \`unpacked\`.`,
    });
  const place = (offset: number) => Number(head.readBigUInt64LE(offset));
  const [inodeTable, directoryTable, fragmentTable] = [place(64), place(72), place(80)];

  const unpacked = (bytes: Buffer, most: number): Buffer => {
    try {
      return unpack(bytes, most);
    } catch {
      throw damaged(path, "a block of it cannot be unpacked");
    }
  };
  /** The block of metadata at `position`, and where the next one begins. */
  const metadata = (position: number): { bytes: Buffer; next: number } => {
    const header = at(position, 2).readUInt16LE(0);
    const length = header & (storedMetadata - 1);
    const raw = at(position + 2, length);
    return { bytes: header & storedMetadata ? raw : unpacked(raw, metadataBytes), next: position + 2 + length };
  };
  /** `length` bytes of metadata that begin `offset` bytes into the block at `position`. */
  const read = (position: number, offset: number, length: number): Buffer => {
    const parts: Buffer[] = [];
    for (let [from, skip, missing] = [position, offset, length]; missing > 0; ) {
      const { bytes, next } = metadata(from);
      if (bytes.length === 0) throw damaged(path, "its lists are cut off");
      const part = bytes.subarray(skip, skip + missing);
      skip = Math.max(0, skip - bytes.length);
      if (part.length > 0) parts.push(part);
      missing -= part.length;
      from = next;
    }
    return Buffer.concat(parts);
  };
  const data = (position: number, sizeField: number, most: number): Buffer => {
    const length = sizeField & (storedBlock - 1);
    const raw = at(position, length);
    return sizeField & storedBlock ? raw : unpacked(raw, most);
  };

  return {
    root: head.readBigUInt64LE(32),
    inode: (reference: bigint) => inodeAt(Number(reference >> 16n), Number(reference & 0xffffn)),
    listing: (inode: Inode): Buffer =>
      inode.size <= 3 ? Buffer.alloc(0) : read(directoryTable + inode.block, inode.offset, inode.size - 3),
    *content(inode: Inode): Generator<Buffer, void, undefined> {
      let [position, left] = [inode.start, inode.size];
      for (const sizeField of inode.sizes) {
        const most = Math.min(blockBytes, left);
        // A size of nothing is a block of zeroes that was not written.
        const block = sizeField === 0 ? Buffer.alloc(most) : data(position, sizeField, blockBytes);
        if (block.length !== most) throw damaged(path, "a block of it has another length");
        yield block;
        position += sizeField & (storedBlock - 1);
        left -= block.length;
      }
      if (left === 0) return;
      const index = at(fragmentTable + 8 * Math.floor(inode.fragment / 512), 8).readBigUInt64LE(0);
      const entry = read(Number(index), (inode.fragment % 512) * 16, 16);
      const whole = data(Number(entry.readBigUInt64LE(0)), entry.readUInt32LE(8), blockBytes);
      const tail = whole.subarray(inode.fragmentOffset, inode.fragmentOffset + left);
      if (tail.length !== left) throw damaged(path, "the end of a file is missing");
      yield tail;
    },
    damaged: (why: string) => damaged(path, why),
  };

  function inodeAt(block: number, offset: number): Inode {
    const take = (from: number, length: number) => read(inodeTable + block, offset + from, length);
    const none = { block: 0, offset: 0, size: 0, start: 0, fragment: noFragment, fragmentOffset: 0, sizes: [] };
    const type = take(0, 2).readUInt16LE(0);
    if (type === 1) {
      const body = take(16, 16);
      return { ...none, kind: "folder", block: body.readUInt32LE(0), size: body.readUInt16LE(8), offset: body.readUInt16LE(10) };
    }
    if (type === 8) {
      const body = take(16, 24);
      return { ...none, kind: "folder", size: body.readUInt32LE(4), block: body.readUInt32LE(8), offset: body.readUInt16LE(18) };
    }
    if (type !== 2 && type !== 9) return { ...none, kind: "other" };
    const isLong = type === 9;
    const body = take(16, isLong ? 40 : 16);
    const [start, size, fragment, fragmentOffset] = isLong
      ? [Number(body.readBigUInt64LE(0)), Number(body.readBigUInt64LE(8)), body.readUInt32LE(28), body.readUInt32LE(32)]
      : [body.readUInt32LE(0), body.readUInt32LE(12), body.readUInt32LE(4), body.readUInt32LE(8)];
    const blocks = fragment === noFragment ? Math.ceil(size / blockBytes) : Math.floor(size / blockBytes);
    if (blocks > 1_000_000) throw damaged(path, "a file's size is not valid");
    const list = blocks > 0 ? take(16 + (isLong ? 40 : 16), 4 * blocks) : Buffer.alloc(0);
    const sizes = Array.from({ length: blocks }, (_, index) => list.readUInt32LE(4 * index));
    return { ...none, kind: "file", start, size, fragment, fragmentOffset, sizes };
  }
}

function* walk(
  reader: Reader,
  reference: bigint,
  folder: string,
  depth: number,
  skip: (path: string, why: string) => void,
): Generator<ImageFile, void, undefined> {
  if (depth > deepest) throw reader.damaged("its folders are too deep");
  for (const { name, inode: child } of entriesOf(reader, reader.inode(reference))) {
    const path = folder + name;
    const inode = reader.inode(child);
    if (inode.kind === "folder") yield* walk(reader, child, `${path}/`, depth + 1, skip);
    else if (inode.kind === "file") yield { path, sizeBytes: inode.size, content: () => reader.content(inode) };
    else skip(path, "a link or a device");
  }
}

/** A listing is runs of entries whose inodes lie in one block; each run has a header. */
function entriesOf(reader: Reader, inode: Inode): { name: string; inode: bigint }[] {
  if (inode.kind !== "folder") throw reader.damaged("its top is no folder");
  const list = reader.listing(inode);
  const entries: { name: string; inode: bigint }[] = [];
  try {
    for (let at = 0; at < list.length; ) {
      const count = list.readUInt32LE(at) + 1;
      const block = BigInt(list.readUInt32LE(at + 4));
      at += 12;
      for (let index = 0; index < count; index += 1) {
        const length = list.readUInt16LE(at + 6) + 1;
        const name = list.toString("utf8", at + 8, at + 8 + length);
        if (name === "" || name === "." || name === ".." || name.includes("/")) throw reader.damaged("a name in it is not valid");
        entries.push({ name, inode: (block << 16n) | BigInt(list.readUInt16LE(at)) });
        at += 8 + length;
      }
    }
  } catch (error) {
    throw error instanceof MoltError ? error : reader.damaged("a folder of it cannot be read");
  }
  return entries;
}

function damaged(path: string, why: string): MoltError {
  return new MoltError("INVALID_REQUEST", {
    message: `the backup ${path} cannot be read: ${why}`,
    hint: "Take an older backup, or unpack it with `unsquashfs` and import the folder.",
  });
}
