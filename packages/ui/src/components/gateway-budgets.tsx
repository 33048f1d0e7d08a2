/** Budgets: how far each is used, and a form to make one. Their soft steps are shares of the whole. */

import type { BudgetStatus } from "@moltworker/protocol/gateway";
import { type FormEvent, useState } from "react";
import { useApp } from "../store/app.ts";
import { dateTimeText, moneyText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { Nothing, Part } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { Labelled } from "./labelled.tsx";
import { type Budget, ruleId, useLimits } from "./use-limits.ts";
import { useLoaded } from "./use-loaded.ts";

const load = () => request("gateway.budgets.list", {}, { resend: true });
const periods = { day: "a day", week: "a week", month: "a month", always: "in all" } as const;
const scopes: Record<string, string> = {
  all: "everything together",
  session: "each conversation",
  channel: "each channel",
  token: "each token",
  tenant: "each tenant",
  schedule: "each schedule",
  provider: "each provider",
  model: "each model",
};
const stepWords: Record<BudgetStatus["step"], string> = {
  ok: "",
  warn: "warns",
  cheaper: "uses the cheaper model",
  ask: "asks you first",
  stop: "used up",
};

export function ConfigBudgets() {
  const { limits, patch } = useLimits();
  const [list, reload] = useLoaded(load);
  const [removing, setRemoving] = useState<string | null>(null);
  const save = async (change: Record<string, Budget | null>) => {
    const held = await patch({ budgets: change });
    reload();
    return held;
  };
  const reset = (status: BudgetStatus) =>
    request("gateway.budgets.reset", { id: status.id, part: status.part })
      .then(() => notify(`"${status.name}" begins afresh.`), notifyError)
      .finally(reload);
  const rules = Object.entries(limits?.budgets ?? {});
  return (
    <Part
      title="Budgets"
      about="Each call holds the most it can cost before it leaves and gives back what it did not use, so a budget is never passed, not even by many calls at once."
    >
      {limits && <Zone zone={limits.timeZone} onChange={(timeZone) => void patch({ timeZone }).then(reload)} />}
      {limits && rules.length === 0 && <Nothing>No budget yet: calls may cost what they cost.</Nothing>}
      <ul aria-label="Budgets" className="flex flex-col gap-2">
        {rules.map(([id, rule]) => (
          <li key={id} className="rounded-2xl border border-line bg-raised px-4 py-3">
            <div className="flex flex-wrap items-baseline justify-between gap-2">
              <h3 className="font-medium">{rule.name ?? id}</h3>
              <Button look="quiet" aria-label={`Remove ${rule.name ?? id}`} onClick={() => setRemoving(id)}>
                Remove
              </Button>
            </div>
            <p className="text-sm text-soft">{describe(rule)}</p>
            <Used statuses={list?.budgets.filter((status) => status.id === id) ?? []} onReset={reset} />
          </li>
        ))}
      </ul>
      <TokenBudgets statuses={list?.budgets.filter((status) => status.id === ":token") ?? []} onReset={reset} />
      {limits && <NewBudget taken={limits.budgets} onSave={save} />}
      <ConfirmDialog
        open={removing !== null}
        title={`Remove "${(removing && limits?.budgets[removing]?.name) ?? removing ?? ""}"?`}
        text="Calls are then no longer held to it."
        action="Remove"
        onConfirm={() => removing && void save({ [removing]: null })}
        onClose={() => setRemoving(null)}
      />
    </Part>
  );
}

/** Whose midnight it is, and the way to one's own. */
function Zone({ zone, onChange }: { zone: string; onChange(zone: string): void }) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <p className="mb-2 text-sm text-soft">
      Days begin at midnight, {zone}.
      {own && own !== zone && (
        <>
          {" "}
          <button type="button" className="underline underline-offset-2" onClick={() => onChange(own)}>
            Use {own}
          </button>
        </>
      )}
    </p>
  );
}

function describe(rule: Budget): string {
  const share = (at: number) => `${Math.round(at * 100)} %`;
  return [
    `${moneyText(rule.usd)} ${periods[rule.per]} for ${rule.only ?? scopes[rule.scope] ?? rule.scope}`,
    rule.warnAt !== undefined && `warns at ${share(rule.warnAt)}`,
    rule.cheaperAt !== undefined && rule.cheaperModel && `${rule.cheaperModel} from ${share(rule.cheaperAt)}`,
    rule.askAt !== undefined && `asks from ${share(rule.askAt)}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

function TokenBudgets({ statuses, onReset }: { statuses: BudgetStatus[]; onReset(status: BudgetStatus): void }) {
  if (statuses.length === 0) return null;
  return (
    <section aria-label="Budgets of tokens" className="mt-2 rounded-2xl border border-line bg-raised px-4 py-3">
      <h3 className="font-medium">Tokens' own budgets</h3>
      <Used statuses={statuses} onReset={onReset} />
    </section>
  );
}

function Used({ statuses, onReset }: { statuses: BudgetStatus[]; onReset(status: BudgetStatus): void }) {
  return (
    <ul className="mt-2 flex flex-col gap-2">
      {statuses.slice(0, 20).map((status) => {
        const share = status.limitUsd === 0 ? 1 : (status.spentUsd + status.reservedUsd) / status.limitUsd;
        const tone = status.step === "ok" ? "bg-kelp" : status.step === "stop" ? "bg-rose" : "bg-honey";
        return (
          <li key={status.part} className="text-sm">
            <div className="flex flex-wrap items-baseline justify-between gap-x-3">
              <span>
                {status.label && <span className="block max-w-prose truncate font-medium">{status.label}</span>}
                <span className="tabular-nums">
                  {moneyText(status.spentUsd)} of {moneyText(status.limitUsd)}
                </span>
                {status.reservedUsd > 0 && <span className="text-soft"> · {moneyText(status.reservedUsd)} held</span>}
                {stepWords[status.step] && (
                  <span className={status.step === "stop" ? "text-rose" : "text-honey"}> · {stepWords[status.step]}</span>
                )}
              </span>
              <span className="flex items-baseline gap-2 text-xs text-soft">
                {status.resetsAt !== null && `until ${dateTimeText(status.resetsAt)}`}
                {status.spentUsd > 0 && (
                  <button type="button" className="underline underline-offset-2" onClick={() => onReset(status)}>
                    Begin afresh
                  </button>
                )}
              </span>
            </div>
            <div className="mt-1 h-1.5 rounded-full bg-sunk" role="img" aria-label={`${Math.round(share * 100)} % used`}>
              <div className={`h-1.5 rounded-full ${tone}`} style={{ width: `${Math.min(100, share * 100)}%` }} />
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function NewBudget({ taken, onSave }: { taken: object; onSave(change: Record<string, Budget>): Promise<boolean> }) {
  const models = useApp((state) => state.models);
  const [usd, setUsd] = useState("");
  const [per, setPer] = useState<Budget["per"]>("day");
  const [scope, setScope] = useState("all");
  const [cheaper, setCheaper] = useState("");
  const [asks, setAsks] = useState(false);
  const amount = Number(usd);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const name = `${moneyText(amount)} ${periods[per]}${scope === "all" ? "" : ` for ${scopes[scope]}`}`;
    const steps = {
      warnAt: 0.8,
      ...(cheaper ? { cheaperAt: 0.85, cheaperModel: cheaper } : {}),
      ...(asks ? { askAt: 0.9 } : {}),
    };
    if (await onSave({ [ruleId(`${scope} ${per}`, taken)]: { name, scope, per, usd: amount, ...steps } })) setUsd("");
  };
  return (
    <form
      onSubmit={submit}
      className="mt-4 flex flex-wrap items-end gap-3 rounded-2xl border border-dashed border-line p-4"
      aria-label="New budget"
    >
      <Labelled name="US dollars">
        <input
          className="field w-28"
          inputMode="decimal"
          placeholder="5"
          value={usd}
          onChange={(event) => setUsd(event.target.value.replace(",", "."))}
        />
      </Labelled>
      <Labelled name="In">
        <select className="field" value={per} onChange={(event) => setPer(event.target.value as Budget["per"])}>
          {Object.entries(periods).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </Labelled>
      <Labelled name="Of">
        <select className="field" value={scope} onChange={(event) => setScope(event.target.value)}>
          {Object.entries(scopes).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </Labelled>
      <Labelled name="From 85 % on use">
        <select className="field max-w-52" value={cheaper} onChange={(event) => setCheaper(event.target.value)}>
          <option value="">the same model</option>
          {models.map((model) => (
            <option key={model.ref} value={model.ref}>
              {model.name}
            </option>
          ))}
        </select>
      </Labelled>
      <label className="flex min-h-9 items-center gap-2 text-sm">
        <input type="checkbox" checked={asks} onChange={(event) => setAsks(event.target.checked)} />
        ask me from 90 % on
      </label>
      <Button type="submit" disabled={usd === "" || !(amount >= 0)}>
        Set budget
      </Button>
    </form>
  );
}
