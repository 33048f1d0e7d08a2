/** Why a turn ended without its answer, where it happened: cause, cure, and the button that does it. */

import { threadOf, useApp } from "../store/app.ts";
import { sentence } from "../store/notices.ts";
import { go } from "../store/route.ts";
import { retryFrom } from "../store/talk.ts";
import type { Turn } from "../store/turns.ts";
import { Button } from "./button.tsx";

const keyTroubles = new Set<string>(["PROVIDER_KEY_MISSING", "PROVIDER_KEY_REJECTED", "MODEL_UNKNOWN", "PROVIDER_QUOTA"]);

export function FailureCard({ turn, sessionKey, isLast }: { turn: Turn; sessionKey: string; isLast: boolean }) {
  const failure = useApp((state) => (isLast ? threadOf(state, sessionKey).failure : null));
  const { user, end } = turn;
  if (end?.stopReason === "aborted" && !failure) return <p className="mt-3 text-sm text-soft">You stopped it here.</p>;
  if (!end && !failure) return isLast && user ? <Unanswered turn={turn} sessionKey={sessionKey} /> : null;
  const message =
    failure?.message ?? (end?.stopReason === "error" ? (end.errorMessage ?? "The answer could not be finished") : null);
  if (message === null) return null;
  const code = failure?.detail.details.code;
  const hint = failure?.detail.details.hint;
  return (
    <div role="alert" className="mt-4 rounded-xl border border-rose bg-rose-wash px-4 py-3 text-sm" data-error={code}>
      <p className="font-medium text-rose">{sentence(message)}</p>
      {hint && <p className="mt-0.5">{hint}</p>}
      <div className="print-hide mt-3 flex flex-wrap gap-2">
        {code && keyTroubles.has(code) && (
          <Button look="primary" onClick={() => go({ page: "settings", tab: "models" })}>
            Open Models
          </Button>
        )}
        {code === "BUDGET_EXCEEDED" && (
          <Button look="primary" onClick={() => go({ page: "admin", id: "gateway", rest: "budgets" })}>
            Open budgets
          </Button>
        )}
        {user && isLast && <Button onClick={() => retryFrom(sessionKey, user)}>Try again</Button>}
      </div>
      {failure && (
        <details className="mt-2 text-xs">
          <summary className="w-fit underline underline-offset-2">Details</summary>
          <pre className="code mt-1 max-h-48 overflow-auto whitespace-pre-wrap">{JSON.stringify(failure.detail, null, 2)}</pre>
        </details>
      )}
    </div>
  );
}

/** A question that nothing follows: it was stopped before the first word. Appears late, since an answer mostly begins at once. */
function Unanswered({ turn, sessionKey }: { turn: Turn; sessionKey: string }) {
  const { user } = turn;
  return (
    <p className="print-hide mt-3 flex animate-fade items-center gap-3 text-sm text-soft [animation-delay:1s]">
      This was stopped before an answer came.
      {user && (
        <button
          type="button"
          className="font-medium text-coral underline underline-offset-2"
          onClick={() => retryFrom(sessionKey, user)}
        >
          Ask again
        </button>
      )}
    </p>
  );
}
