/** Tokens for programs. A new one is shown once; what it may do and until when is chosen before. */

import type { ApiTokenRow } from "@moltworker/protocol/rows";
import type { Scope } from "@moltworker/protocol/scopes";
import { type FormEvent, useState } from "react";
import { dateTimeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notifyError } from "../store/notices.ts";
import { scopeWords } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { TokenList } from "./token-list.tsx";

const grants: { name: string; scopes: Scope[] }[] = [
  { name: "Read only", scopes: ["operator.read"] },
  { name: "Read and talk to it", scopes: ["operator.read", "operator.write"] },
  { name: "Talk and approve tool calls", scopes: ["operator.read", "operator.write", "operator.approvals"] },
  { name: "Everything, settings too", scopes: ["operator.admin"] },
];
const ends: { name: string; days: number | null }[] = [
  { name: "90 days", days: 90 },
  { name: "30 days", days: 30 },
  { name: "A year", days: 365 },
  { name: "No end", days: null },
];
const dayMs = 86_400_000;

export function TokenAccess() {
  return (
    <TokenList
      title="API tokens"
      about={
        <>
          For scripts and programs: as <code className="font-mono">Authorization: Bearer</code> on{" "}
          <code className="font-mono">/api/</code>, or as the token of a gateway client. Each has its own grant and can be revoked
          alone.
        </>
      }
      factsOf={factsOf}
      form={(onMade) => <NewToken onMade={onMade} />}
    />
  );
}

function factsOf(row: ApiTokenRow): string {
  const used = row.usedAt === null ? "never used" : `last used ${dateTimeText(row.usedAt)}`;
  const end = row.expiresAt === null ? "no end" : `until ${dateTimeText(row.expiresAt)}`;
  return `may ${scopeWords(row.scopes)} · ${used} · ${end}`;
}

function NewToken({ onMade }: { onMade(token: string): void }) {
  const [label, setLabel] = useState("");
  const [grant, setGrant] = useState(1);
  const [end, setEnd] = useState(0);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const days = ends[end]?.days ?? null;
    const expiry = days === null ? {} : { expiresAt: Date.now() + days * dayMs };
    try {
      const { token } = await request("auth.tokens.create", {
        label: label.trim(),
        scopes: grants[grant]?.scopes ?? [],
        ...expiry,
      });
      setLabel("");
      onMade(token);
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <form onSubmit={submit} className="mt-3 flex flex-wrap items-end gap-2">
      <label className="flex min-w-40 flex-1 flex-col gap-1 text-sm">
        <span className="text-soft">What it is for</span>
        <input
          className="field"
          maxLength={64}
          value={label}
          placeholder="Backup script"
          onChange={(event) => setLabel(event.target.value)}
        />
      </label>
      <Choice name="It may" value={grant} options={grants.map((one) => one.name)} onChange={setGrant} />
      <Choice name="For" value={end} options={ends.map((one) => one.name)} onChange={setEnd} />
      <Button type="submit" disabled={label.trim() === ""}>
        Create token
      </Button>
    </form>
  );
}

function Choice({
  name,
  value,
  options,
  onChange,
}: {
  name: string;
  value: number;
  options: string[];
  onChange(value: number): void;
}) {
  return (
    <label className="flex flex-col gap-1 text-sm">
      <span className="text-soft">{name}</span>
      <select className="field" value={value} onChange={(event) => onChange(Number(event.target.value))}>
        {options.map((option, index) => (
          <option key={option} value={index}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}
