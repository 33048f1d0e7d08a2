/** What the demo model says and does next, a pure function of the conversation. */

import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider";

export interface DemoStep {
  text: string;
  call?: { name: string; arguments: Record<string, unknown> };
}

type Tools = NonNullable<LanguageModelV4CallOptions["tools"]>;

interface Turn {
  /** What was asked last. */
  asked: string;
  /** Tools called since, in order, each with its result when there is one. */
  calls: { name: string; result: string; failed: boolean }[];
}

const howToAddKey =
  "To talk to a real model, open **Settings → Models** and paste a key from Anthropic, OpenAI, Google or another provider, " +
  "or start [Ollama](https://ollama.com) on this machine: it is found by itself.";

const label = "*(Demo: this is a script, not an AI.)*";

export function nextDemoStep(prompt: LanguageModelV4Prompt, tools: Tools): DemoStep {
  const turn = readTurn(prompt);
  const available = new Set(tools.map((tool) => tool.name));
  const asked = turn.asked.toLowerCase();
  if (turn.calls.length > 0) return afterTool(turn, asked, available);
  if (/\b(approv\w*|permission|user\.md|protected|about me|my name is)\b/.test(asked)) return askApproval(turn, available);
  if (/\b(note|notes|write|save|file|create|remember)\b/.test(asked)) return writeNote(turn, available);
  if (/\b(list|files|tools?|look|show me|demo|tour|start|try)\b/.test(asked)) return lookAround(available);
  if (/\b(key|model|real|anthropic|openai|google|ollama|provider|settings)\b/.test(asked))
    return { text: `${label}\n\n${howToAddKey}` };
  if (/\b(stream|long|story|count|poem)\b/.test(asked)) return { text: longAnswer };
  if (/^\W*(hi|hello|hey|good (morning|evening)|hallo|hei)\b/.test(asked)) return { text: `Hello! ${introduction}` };
  if (/\b(help|what can you|who are you|how)\b/.test(asked)) return { text: introduction };
  return { text: `You wrote: “${excerpt(turn.asked)}”. I cannot understand it: I am only a script.\n\n${introduction}` };
}

const introduction = [
  `${label} I am here so that you can see how this assistant feels before you give it a mind.`,
  "",
  "Say one of these:",
  "",
  "- **show me a tool** – I look at the files of your assistant and tell you what I found",
  "- **write a note** – I write `notes/welcome.md`",
  "- **ask for approval** – I try to change a protected file, and you decide whether I may",
  "- **stream something long** – so that you can press Stop",
  "- **add a real key** – how to make this real",
].join("\n");

const longAnswer = [
  `${label} Here is a long answer, so that you can watch it arrive and stop it half-way.`,
  "",
  "```ts",
  "for (let step = 1; step <= 3; step += 1) {",
  "  console.log(step, 'every step is saved before the next one begins');",
  "}",
  "```",
  "",
  ...Array.from(
    { length: 12 },
    (_, index) => `${index + 1}. A line of the script, number ${index + 1} of twelve, which says nothing new.`,
  ),
  "",
  "That was all. Close the tab in the middle next time: the answer is still here when you come back.",
].join("\n");

function lookAround(available: Set<string>): DemoStep {
  const text = `${label} I look at the files of your assistant. The card below is a tool call: open it to see what went in and what came out.`;
  if (available.has("ls")) return { text, call: { name: "ls", arguments: {} } };
  if (available.has("bash")) return { text, call: { name: "bash", arguments: { command: "ls" } } };
  return { text: `${label} No tool is switched on here, so there is nothing to show. ${howToAddKey}` };
}

const welcomeNote = [
  "# Welcome",
  "",
  "The demo model wrote this file. Files like this one belong to your assistant: it reads and changes them, they survive",
  "restarts, and you can change them too.",
  "",
  "Next: add a key under Settings → Models.",
  "",
].join("\n");

function writeNote(turn: Turn, available: Set<string>): DemoStep {
  if (!available.has("write")) return { text: `${label} The tool that writes files is switched off, so I leave it at that.` };
  return {
    text: `${label} I write a small note for you.`,
    call: {
      name: "write",
      arguments: { path: "notes/welcome.md", content: `${welcomeNote}\nYou asked: ${excerpt(turn.asked)}\n` },
    },
  };
}

function askApproval(turn: Turn, available: Set<string>): DemoStep {
  if (!available.has("write"))
    return { text: `${label} The tool that writes files is switched off, so there is nothing to approve.` };
  return {
    text: `${label} I should like to change \`USER.md\`, the file that says who you are. It is protected, so you are asked first. What you see is exactly what will run.`,
    call: {
      name: "write",
      arguments: { path: "USER.md", content: `# About you\n\n- Tried the demo, and said: ${excerpt(turn.asked)}\n` },
    },
  };
}

/** One call is always followed by words, so a turn of the demo has at most two calls. */
function afterTool(turn: Turn, asked: string, available: Set<string>): DemoStep {
  const last = turn.calls.at(-1);
  if (last?.failed && /said no|denied|refused/i.test(last.result))
    return { text: `You said no, so nothing was changed. That is the whole point of asking.\n\n${howToAddKey}` };
  if (last?.failed) return { text: `That did not work, and the tool says why: ${excerpt(last.result)}\n\n${howToAddKey}` };
  if (turn.calls.length === 1 && /\b(demo|tour)\b/.test(asked) && last?.name !== "write") return writeNote(turn, available);
  if (last?.name === "write") {
    return {
      text: `Done. Ask me to **show me a tool** and the file is in the list; **ask for approval** shows what happens with a protected file.\n\n${howToAddKey}`,
    };
  }
  const seen = excerpt(last?.result ?? "", 600).trim() || "nothing yet";
  return { text: `This is what the tool answered:\n\n\`\`\`\n${seen}\n\`\`\`\n\nNow try **write a note**. ${howToAddKey}` };
}

function readTurn(prompt: LanguageModelV4Prompt): Turn {
  const lastUser = prompt.findLastIndex((message) => message.role === "user");
  const turn: Turn = { asked: textOf(prompt[lastUser]), calls: [] };
  for (const message of prompt.slice(lastUser + 1)) {
    if (message.role !== "tool") continue;
    for (const part of message.content) {
      if (part.type === "tool-result")
        turn.calls.push({
          name: part.toolName,
          result: "value" in part.output ? String(part.output.value) : "",
          failed: part.output.type.startsWith("error"),
        });
    }
  }
  return turn;
}

function textOf(message: LanguageModelV4Message | undefined): string {
  if (message?.role !== "user") return "";
  return message.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).at(-1) ?? "";
}

function excerpt(text: string, limit = 200): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}
