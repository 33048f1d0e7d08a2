/** Content parts of both forms as one draft: text, pictures, files. What is not understood is refused in words, never dropped. */

import { MoltError } from "@moltworker/protocol/errors";
import * as z from "zod";
import type { FileDraft } from "./asked.ts";

const text = z.looseObject({ type: z.enum(["text", "input_text", "output_text"]), text: z.string() });
const refusal = z.looseObject({ type: z.literal("refusal"), refusal: z.string() });
const picture = z.looseObject({
  type: z.literal("image_url"),
  image_url: z.union([z.string(), z.looseObject({ url: z.string() })]),
});
const inputPicture = z.looseObject({ type: z.literal("input_image"), image_url: z.string() });
const file = z.looseObject({
  type: z.literal("file"),
  file: z.looseObject({ file_data: z.string(), filename: z.string().max(300).optional() }),
});
const inputFile = z.looseObject({
  type: z.literal("input_file"),
  file_data: z.string().optional(),
  file_url: z.string().optional(),
  filename: z.string().max(300).optional(),
});
const audio = z.looseObject({
  type: z.literal("input_audio"),
  input_audio: z.looseObject({ data: z.string(), format: z.enum(["wav", "mp3"]) }),
});
const part = z.discriminatedUnion("type", [text, refusal, picture, inputPicture, file, inputFile, audio], {
  error: "is a content part that the assistant cannot read; it takes text, image_url, file with file_data and input_audio",
});
type Part = z.infer<typeof part>;

/** Text, or a list of parts. */
export const content = z.union([z.string(), z.array(part).max(100)], {
  // The union's own words would hide which part it was.
  error: (issue) => describeUnion(issue),
});
export type Content = z.infer<typeof content>;

export interface ReadContent {
  text: string;
  files: FileDraft[];
}

/** Throws INVALID_REQUEST for a file that is neither data nor an http(s) address. */
export function readContent(given: Content | null | undefined): ReadContent {
  if (given === null || given === undefined) return { text: "", files: [] };
  if (typeof given === "string") return { text: given, files: [] };
  const texts: string[] = [];
  const files: FileDraft[] = [];
  for (const one of given) {
    const said = textOf(one);
    if (said !== undefined) texts.push(said);
    else files.push(fileOf(one));
  }
  return { text: texts.join("\n"), files };
}

function textOf(one: Part): string | undefined {
  if (one.type === "refusal") return one.refusal;
  return one.type === "text" || one.type === "input_text" || one.type === "output_text" ? one.text : undefined;
}

function fileOf(one: Part): FileDraft {
  switch (one.type) {
    case "image_url":
      return fromAddress(typeof one.image_url === "string" ? one.image_url : one.image_url.url, "picture", "image/png");
    case "input_image":
      return fromAddress(one.image_url, "picture", "image/png");
    case "file":
      return fromData(one.file.file_data, one.file.filename ?? "file");
    case "input_file": {
      if (one.file_data !== undefined) return fromData(one.file_data, one.filename ?? "file");
      if (one.file_url !== undefined) return fromAddress(one.file_url, one.filename ?? "file", "application/octet-stream");
      throw unreadable("an input_file needs file_data or file_url; files are not kept here under ids");
    }
    case "input_audio":
      return {
        fileName: `audio.${one.input_audio.format}`,
        mimeType: `audio/${one.input_audio.format}`,
        base64: one.input_audio.data,
      };
    default:
      throw unreadable(`"${one.type}" is not a file`);
  }
}

function fromAddress(address: string, name: string, mimeType: string): FileDraft {
  if (address.startsWith("data:")) return fromData(address, name, mimeType);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:")
    throw unreadable("the address of a file must be a data: or https: URL");
  return { fileName: nameIn(url) ?? name, mimeType, url: url.href };
}

/** A data URL, or bare base64 as some clients send it. */
function fromData(data: string, name: string, fallback = "application/octet-stream"): FileDraft {
  const comma = data.startsWith("data:") ? data.indexOf(",") : -1;
  if (comma < 0) return { fileName: name, mimeType: fallback, base64: data };
  const head = data.slice("data:".length, comma);
  if (!/;base64$/i.test(head)) throw unreadable("a data: URL must be base64");
  const mimeType = (head.split(";")[0] ?? "").trim().toLowerCase() || fallback;
  const extension = /^\w+\/([a-z0-9]{2,5})$/.exec(mimeType)?.[1];
  return { fileName: name.includes(".") || !extension ? name : `${name}.${extension}`, mimeType, base64: data.slice(comma + 1) };
}

function nameIn(url: URL): string | undefined {
  const last = url.pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last).slice(0, 200) || undefined;
  } catch {
    return undefined;
  }
}

function describeUnion(issue: { errors?: readonly (readonly { path: PropertyKey[]; message: string }[])[] }): string {
  const nested = issue.errors?.flat().find((one) => one.path.length > 0);
  return nested ? `${nested.path.join(".")}: ${nested.message}` : "must be text or a list of content parts";
}

const unreadable = (message: string) => new MoltError("INVALID_REQUEST", { message });
