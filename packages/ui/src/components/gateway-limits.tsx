/** How many calls there may be, which never, and what is kept of them. */

import { type FormEvent, useState } from "react";
import { Nothing, Part, Row, Rows } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { Labelled } from "./labelled.tsx";
import { type Limits, type Rate, ruleId, useLimits } from "./use-limits.ts";

type Patch = ReturnType<typeof useLimits>["patch"];
const spans = { "1": "second", "60": "minute", "3600": "hour", "86400": "day" } as const;
const spanText = (seconds: number): string =>
  seconds === 3_600 ? "an hour" : `a ${spans[String(seconds) as keyof typeof spans] ?? `time of ${seconds} seconds`}`;
const scopes = {
  all: "all together",
  token: "each token",
  tenant: "each tenant",
  session: "each conversation",
  channel: "each channel",
  schedule: "each schedule",
  provider: "each provider",
  model: "each model",
} as const;

export function GatewayLimits() {
  const { limits, patch } = useLimits();
  if (!limits) return null;
  return (
    <div className="flex flex-col gap-9">
      <Rates rates={limits.rates} patch={patch} />
      <Denied deny={limits.deny} patch={patch} />
      <Kept log={limits.log} patch={patch} />
    </div>
  );
}

function Rates({ rates, patch }: { rates: Limits["rates"]; patch: Patch }) {
  const [limit, setLimit] = useState("");
  const [unit, setUnit] = useState<Rate["unit"]>("requests");
  const [seconds, setSeconds] = useState("60");
  const [scope, setScope] = useState<string>("all");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const rule: Rate = { scope, unit, limit: Number(limit), seconds: Number(seconds), window: "sliding" };
    if (await patch({ rates: { [ruleId(`${scope} ${unit}`, rates)]: rule } })) setLimit("");
  };
  return (
    <Part
      title="Rates"
      about="Whoever comes too often is told when to come again. Tokens are counted at their most until the answer is there."
    >
      {Object.keys(rates).length === 0 && <Nothing>No limit yet.</Nothing>}
      <Rows label="Rates">
        {Object.entries(rates).map(([id, rule]) => (
          <Row
            key={id}
            name={`${rule.limit.toLocaleString()} ${rule.unit} ${spanText(rule.seconds)}`}
            facts={`for ${scopes[rule.scope as keyof typeof scopes] ?? rule.scope}, ${rule.window} window`}
          >
            <Button look="danger" aria-label={`Remove the limit ${id}`} onClick={() => void patch({ rates: { [id]: null } })}>
              Remove
            </Button>
          </Row>
        ))}
      </Rows>
      <form onSubmit={submit} className="mt-3 flex flex-wrap items-end gap-3" aria-label="New rate">
        <Labelled name="At most">
          <input
            className="field w-28"
            inputMode="numeric"
            value={limit}
            placeholder="60"
            onChange={(event) => setLimit(event.target.value)}
          />
        </Labelled>
        <Labelled name="Of">
          <select className="field" value={unit} onChange={(event) => setUnit(event.target.value as Rate["unit"])}>
            <option value="requests">requests</option>
            <option value="tokens">tokens</option>
          </select>
        </Labelled>
        <Labelled name="In a">
          <select className="field" value={seconds} onChange={(event) => setSeconds(event.target.value)}>
            {Object.entries(spans).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </Labelled>
        <Labelled name="For">
          <select className="field" value={scope} onChange={(event) => setScope(event.target.value)}>
            {Object.entries(scopes).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </Labelled>
        <Button type="submit" disabled={!(Number(limit) >= 1)}>
          Set limit
        </Button>
      </form>
    </Part>
  );
}

function Denied({ deny, patch }: { deny: Limits["deny"]; patch: Patch }) {
  const [model, setModel] = useState("");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await patch({ deny: { [ruleId(model, deny)]: { model: model.trim() } } })) setModel("");
  };
  return (
    <Part
      title="Never"
      about={
        <>
          Providers and models that nobody may call: <code className="font-mono">openai</code>, or{" "}
          <code className="font-mono">openai/gpt-5*</code>. Looked at before anything else, caches too.
        </>
      }
    >
      {Object.keys(deny).length === 0 && <Nothing>Everything may be called.</Nothing>}
      <Rows label="Never">
        {Object.entries(deny).map(([id, rule]) => (
          <Row
            key={id}
            name={rule.model ?? id}
            facts={[rule.tenant && `for tenant ${rule.tenant}`, rule.reason].filter(Boolean).join(" · ") || "for everybody"}
          >
            <Button
              look="danger"
              aria-label={`Allow ${rule.model ?? id} again`}
              onClick={() => void patch({ deny: { [id]: null } })}
            >
              Remove
            </Button>
          </Row>
        ))}
      </Rows>
      <form onSubmit={submit} className="mt-3 flex flex-wrap items-end gap-3" aria-label="New rule">
        <Labelled name="Provider or model">
          <input className="field" value={model} placeholder="openai/gpt-5*" onChange={(event) => setModel(event.target.value)} />
        </Labelled>
        <Button type="submit" disabled={model.trim() === ""}>
          Forbid
        </Button>
      </form>
    </Part>
  );
}

function Kept({ log, patch }: { log: Limits["log"]; patch: Patch }) {
  const [days, setDays] = useState(String(log.keepDays));
  return (
    <Part
      title="What is kept"
      about="Of every call its figures; its words only if you want. Secrets in them are blotted out. The oldest go first."
    >
      <form
        className="flex flex-wrap items-end gap-3"
        aria-label="What is kept"
        onSubmit={(event) => {
          event.preventDefault();
          void patch({ log: { keepDays: Number(days) } });
        }}
      >
        <label className="flex min-h-9 items-center gap-2 text-sm">
          <input
            type="checkbox"
            checked={log.bodies}
            onChange={(event) => void patch({ log: { bodies: event.target.checked } })}
          />
          keep requests and answers, so that they can be read and repeated
        </label>
        <Labelled name="Days">
          <input className="field w-20" inputMode="numeric" value={days} onChange={(event) => setDays(event.target.value)} />
        </Labelled>
        <Button type="submit" disabled={!(Number(days) >= 1) || Number(days) === log.keepDays}>
          Save
        </Button>
      </form>
    </Part>
  );
}
