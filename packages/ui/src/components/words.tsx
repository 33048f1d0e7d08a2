/** A sentence of the settings' own words; what stands between backticks is code. */

export function Words({ text }: { text: string }) {
  return text.split("`").map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence never move
      <code key={index} className="font-mono text-[0.9em]">
        {part}
      </code>
    ),
  );
}
