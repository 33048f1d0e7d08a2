/** Tokens of programs that call models through here: whose they are, what they may use and spend. */

import type { BudgetPeriod, TokenLimits } from "@moltworker/protocol/gateway";
import type { ApiTokenRow } from "@moltworker/protocol/rows";
import { type FormEvent, useState } from "react";
import { dateTimeText, moneyText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notifyError } from "../store/notices.ts";
import { Button } from "./button.tsx";
import { Labelled } from "./labelled.tsx";
import { TokenList } from "./token-list.tsx";

const periods: Record<BudgetPeriod, string> = { day: "a day", week: "a week", month: "a month", always: "in all" };

export function GatewayTokens() {
  return (
    <TokenList
      title="Tokens for model calls"
      about={
        <>
          A program puts one where it would put a provider's key, or in <code className="font-mono">cf-aig-authorization</code>.
          The real keys never leave here. Who holds one spends from its own budget, whatever its requests say.
        </>
      }
      belongs={(token) => token.scopes.includes("gateway.use")}
      factsOf={factsOf}
      form={(onMade) => <NewToken onMade={onMade} />}
    />
  );
}

function factsOf({ limits, tenant, id, usedAt, expiresAt }: ApiTokenRow): string {
  return [
    limits?.budget && `${moneyText(limits.budget.usd)} ${periods[limits.budget.per]}`,
    limits?.requestsPerMinute !== undefined && `${limits.requestsPerMinute} calls a minute`,
    limits?.tokensPerMinute !== undefined && `${limits.tokensPerMinute.toLocaleString()} tokens a minute`,
    limits?.allow ? `only ${limits.allow.join(", ")}` : "any model",
    tenant !== id && `tenant ${tenant}`,
    usedAt === null ? "never used" : `last used ${dateTimeText(usedAt)}`,
    expiresAt !== null && `until ${dateTimeText(expiresAt)}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function NewToken({ onMade }: { onMade(token: string): void }) {
  const [label, setLabel] = useState("");
  const [usd, setUsd] = useState("");
  const [per, setPer] = useState<BudgetPeriod>("month");
  const [rpm, setRpm] = useState("");
  const [allow, setAllow] = useState("");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const patterns = allow.split(/[\s,]+/).filter(Boolean);
    const limits: TokenLimits = {
      ...(usd === "" ? {} : { budget: { usd: Number(usd), per } }),
      ...(rpm === "" ? {} : { requestsPerMinute: Number(rpm) }),
      ...(patterns.length === 0 ? {} : { allow: patterns }),
    };
    try {
      const { token } = await request("auth.tokens.create", { label: label.trim(), scopes: ["gateway.use"], limits });
      for (const clear of [setLabel, setUsd, setRpm, setAllow]) clear("");
      onMade(token);
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <form onSubmit={submit} className="mt-3 flex flex-wrap items-end gap-3" aria-label="New token">
      <Labelled name="Who will use it">
        <input
          className="field"
          maxLength={64}
          value={label}
          placeholder="Notebook of Ada"
          onChange={(event) => setLabel(event.target.value)}
        />
      </Labelled>
      <Labelled name="May spend, US dollars">
        <input
          className="field w-28"
          inputMode="decimal"
          value={usd}
          placeholder="no limit"
          onChange={(event) => setUsd(event.target.value.replace(",", "."))}
        />
      </Labelled>
      <Labelled name="In">
        <select className="field" value={per} onChange={(event) => setPer(event.target.value as BudgetPeriod)}>
          {Object.entries(periods).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </Labelled>
      <Labelled name="Calls a minute">
        <input
          className="field w-24"
          inputMode="numeric"
          value={rpm}
          placeholder="no limit"
          onChange={(event) => setRpm(event.target.value)}
        />
      </Labelled>
      <Labelled name="Models">
        <input
          className="field"
          value={allow}
          placeholder="any; or openai/gpt-5*, groq"
          onChange={(event) => setAllow(event.target.value)}
        />
      </Labelled>
      <Button
        type="submit"
        disabled={label.trim() === "" || (usd !== "" && !(Number(usd) >= 0)) || (rpm !== "" && !(Number(rpm) >= 1))}
      >
        Create token
      </Button>
    </form>
  );
}
