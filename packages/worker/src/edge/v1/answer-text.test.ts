/** Whatever happens to a step, what went out stays true, and nothing goes out twice. */

import { expect, test } from "vitest";
import { createAnswerText } from "./answer-text.ts";

function record() {
  const sent: string[] = [];
  return { text: createAnswerText((delta) => sent.push(delta)), sent, whole: () => sent.join("") };
}

test("grows by what is missing", () => {
  const { text, sent } = record();
  for (const soFar of ["a", "a b", "a b", "a b c"]) text.partial(soFar);
  text.committed("a b c");
  expect(sent).toEqual(["a", " b", " c"]);
});

test("the log has more than was shown", () => {
  const { text, whole } = record();
  text.partial("one");
  text.committed("one two");
  expect(whole()).toBe("one two");
});

test("steps are set apart, silent ones leave no trace", () => {
  const { text, whole } = record();
  text.committed("Looking.");
  text.committed("");
  text.partial("Do");
  text.committed("Done.");
  expect(whole()).toBe("Looking.\n\nDone.");
});

test("a step that is made again in the same words goes on where it was", () => {
  const { text, whole } = record();
  for (const soFar of ["The answer", "The", "The answer", "The answer is 4"]) text.partial(soFar);
  text.committed("The answer is 4.");
  expect(whole()).toBe("The answer is 4.");
});

test("in other words it says so, once", () => {
  const { text, whole } = record();
  for (const soFar of ["The answer is", "It", "It is 4"]) text.partial(soFar);
  text.committed("It is 4.");
  expect(whole()).toBe("The answer is\n\n[The answer begins again.]\n\nIt is 4.");
});

test("a step made again that ended earlier than it did before is not left half", () => {
  const { text, whole } = record();
  text.partial("Yes, and more");
  text.partial("Yes");
  text.committed("Yes");
  expect(whole()).toBe("Yes, and more\n\n[The answer begins again.]\n\nYes");
});
