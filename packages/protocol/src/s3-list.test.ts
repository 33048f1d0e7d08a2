import { expect, test } from "vitest";
import { readS3List } from "./s3-list.ts";

const page = (inner: string) => `<?xml version="1.0"?><ListBucketResult><Name>b</Name>${inner}</ListBucketResult>`;

test("a page has its objects, their sizes, and the way to the next", () => {
  const xml = page(
    `<Contents><Key>a/1</Key><LastModified>x</LastModified><Size>12</Size></Contents>
     <Contents><Key>a/2</Key></Contents><IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1==</NextContinuationToken>`,
  );
  expect(readS3List(xml)).toEqual({
    objects: [
      { key: "a/1", sizeBytes: 12 },
      { key: "a/2", sizeBytes: undefined },
    ],
    next: "t&1==",
  });
});

test("keys are read as they are, whatever stands in them", () => {
  const key = "&lt;b&gt; &quot;it&apos;s&quot; &amp;lt; &#x1F99E; &#128026; &#xFFFFFFF; &nbsp;";
  const { objects } = readS3List(page(`<Contents><Key>${key}</Key><Size>0</Size></Contents>`));
  expect(objects).toEqual([{ key: `<b> "it's" &lt; 🦞 🐚 &#xFFFFFFF; &nbsp;`, sizeBytes: 0 }]);
});

test.each(["", "no xml", page("<IsTruncated>true</IsTruncated>"), page("<NextContinuationToken>t</NextContinuationToken>")])(
  "%j is a last page without objects",
  (xml) => expect(readS3List(xml)).toEqual({ objects: [], next: undefined }),
);
