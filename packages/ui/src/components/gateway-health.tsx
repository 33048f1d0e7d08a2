/** Which (provider, model, key) failed lately and is not asked for the moment; and how each stored key stands. */

import type { BreakerRow } from "@moltworker/protocol/gateway-health";
import { dateTimeText, timeText } from "../store/format.ts";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { Nothing, Part, Row, Rows } from "./access-part.tsx";
import { Button } from "./button.tsx";
import { useLoaded } from "./use-loaded.ts";

const load = async () => {
  const [{ breakers }, { keys }] = await Promise.all([
    request("gateway.breakers.list", {}, { resend: true }),
    request("gateway.keys.list", {}, { resend: true }),
  ]);
  return { breakers, keys };
};

const states = { open: "not asked", trying: "being tried again", closed: "still asked" } as const;
const keyStates = { good: "good", rejected: "rejected by the provider", limited: "resting" } as const;

export function GatewayHealth() {
  const [found, reload] = useLoaded(load);
  if (!found) return null;
  const clear = ({ provider, model, keyAlias }: Pick<BreakerRow, "provider" | "model" | "keyAlias">) =>
    request("gateway.breakers.clear", { provider, model, keyAlias })
      .then(() => notify("It is asked again at once."), notifyError)
      .finally(reload);
  return (
    <div className="flex flex-col gap-9">
      <Part
        title="Breakers"
        about="What failed again and again is left alone for a while, so that calls go elsewhere at once instead of waiting for it."
      >
        {found.breakers.length === 0 && <Nothing>Nothing has failed lately.</Nothing>}
        {found.breakers.length > 0 && (
          <Rows label="Breakers">
            {found.breakers.map((row) => (
              <Row
                key={`${row.provider} ${row.model} ${row.keyAlias}`}
                name={`${row.provider}/${row.model}`}
                mark={states[row.state]}
                facts={[
                  `key ${row.keyAlias}`,
                  `${row.failures} ${row.failures === 1 ? "failure" : "failures"} in a row, ${row.lastError} at ${timeText(row.lastFailureAt)}`,
                  row.until !== null && `until ${timeText(row.until)}`,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              >
                <Button aria-label={`Ask ${row.provider}/${row.model} again`} onClick={() => void clear(row)}>
                  Ask it again
                </Button>
              </Row>
            ))}
          </Rows>
        )}
      </Part>
      <Part
        title="Keys"
        about="A provider may have several; one that is rejected or limited is set aside and the next is used. The keys themselves are never shown."
      >
        {found.keys.length === 0 && <Nothing>No key yet. Settings, Models takes the first of each provider.</Nothing>}
        {found.keys.length > 0 && (
          <Rows label="Keys">
            {found.keys.map((key) => (
              <Row
                key={`${key.provider} ${key.alias}`}
                name={`${key.provider} · ${key.alias}`}
                {...(key.state === "good" ? {} : { mark: keyStates[key.state] })}
                facts={[
                  key.source === "environment" ? "from the environment" : "typed",
                  key.since !== null && `since ${dateTimeText(key.since)}`,
                  key.until !== null && `until ${dateTimeText(key.until)}`,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              />
            ))}
          </Rows>
        )}
      </Part>
    </div>
  );
}
