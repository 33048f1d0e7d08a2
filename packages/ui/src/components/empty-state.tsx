/** A conversation that has not begun: a greeting, and four things worth trying. One click sends one. */

import CalendarClock from "lucide-react/icons/calendar-clock";
import FilePen from "lucide-react/icons/file-pen";
import FolderSearch from "lucide-react/icons/folder-search";
import Globe from "lucide-react/icons/globe";
import Hourglass from "lucide-react/icons/hourglass";
import Terminal from "lucide-react/icons/terminal";
import TextCursor from "lucide-react/icons/text-cursor";
import { useApp } from "../store/app.ts";
import { isDemo, localProviders, modelOf } from "../store/select.ts";
import { sendMessage } from "../store/talk.ts";
import { Mark } from "./mark.tsx";

const demoExamples = [
  { icon: FolderSearch, title: "Show me a tool", text: "Show me a tool: look at the files you keep." },
  { icon: FilePen, title: "Write a note", text: "Write a note for me." },
  { icon: Hourglass, title: "Ask for approval", text: "Ask for approval, so that I see how that works." },
  { icon: TextCursor, title: "Stream something", text: "Stream something long, so that I can press Stop." },
];

const examples = [
  { icon: FilePen, title: "Remember something", text: "Remember that I prefer short answers, and write it to your memory." },
  { icon: Globe, title: "Read a page for me", text: "Read https://example.com and tell me in two sentences what it says." },
  {
    icon: Terminal,
    title: "Work with data",
    text: "Write a small CSV with ten rows of made-up sales, then sum it by month with a command.",
  },
  {
    icon: CalendarClock,
    title: "Plan my week",
    text: "Help me plan this week: ask me three questions, then write the plan to week.md.",
  },
];

export function EmptyState({ sessionKey }: { sessionKey: string }) {
  const name = useApp((state) => state.assistantName);
  const model = useApp((state) => modelOf(state, sessionKey));
  const demo = isDemo(model);
  const local = useApp((state) => localProviders(state.providers).find((provider) => provider.id === model?.provider)?.label);
  return (
    <div className="relative flex min-h-0 flex-1 overflow-y-auto [scrollbar-gutter:stable_both-edges]">
      <div className="m-auto w-full max-w-[47rem] animate-rise px-4 py-8 sm:px-6">
        <Mark size={44} className="mb-4" />
        <p className="text-2xl font-semibold tracking-tight">{greeting(new Date().getHours())}</p>
        <p className="mt-1 max-w-prose text-soft">
          {name ? `I'm ${name}. ` : ""}I keep files, run commands, read pages and remember what you tell me. Anything that reaches
          outside asks you first.
        </p>
        {demo && (
          <p className="mt-3 max-w-prose text-sm text-soft">
            <span className="rounded bg-honey-wash px-1.5 text-honey">scripted</span> You are talking to the demo: it shows how
            things work and knows nothing. A key or a local model makes it real.
          </p>
        )}
        {local && model && (
          <p className="mt-3 max-w-prose text-sm text-kelp">
            Answering with {model.name} from {local} on this machine: no key, no cost.
          </p>
        )}
        <ul className="mt-6 grid gap-2.5 sm:grid-cols-2">
          {(demo ? demoExamples : examples).map(({ icon: Icon, title, text }) => (
            <li key={title}>
              <button
                type="button"
                onClick={() => sendMessage(sessionKey, text)}
                className="flex h-full w-full items-start gap-3 rounded-2xl border border-line bg-raised px-3.5 py-3 text-left transition-colors hover:border-coral"
              >
                <Icon size={18} className="mt-0.5 shrink-0 text-coral" aria-hidden="true" />
                <span>
                  <span className="block text-sm font-medium">{title}</span>
                  <span className="block text-sm text-soft">{text}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function greeting(hour: number): string {
  if (hour < 5) return "Still up? So am I.";
  if (hour < 12) return "Good morning.";
  if (hour < 18) return "Good afternoon.";
  return "Good evening.";
}
