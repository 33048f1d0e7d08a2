/** Tokens that programs hold: the new one shown once, the others to revoke, and the form that makes one. */

import type { ApiTokenRow } from "@moltworker/protocol/rows";
import { type ReactNode, useState } from "react";
import { request } from "../store/gateway.ts";
import { notify, notifyError } from "../store/notices.ts";
import { Nothing, Part, Row, Rows } from "./access-part.tsx";
import { SecretShown } from "./access-secret.tsx";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { useLoaded } from "./use-loaded.ts";

const load = () => request("auth.tokens.list", {}, { resend: true });

interface TokenListProps {
  title: string;
  about: ReactNode;
  /** Which of all tokens stand here. Default: each. */
  belongs?(row: ApiTokenRow): boolean;
  factsOf(row: ApiTokenRow): string;
  /** The form below the list; it calls back with the secret of the token it made. */
  form(onMade: (secret: string) => void): ReactNode;
}

export function TokenList({ title, about, belongs = () => true, factsOf, form }: TokenListProps) {
  const [list, reload] = useLoaded(load);
  const [made, setMade] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<ApiTokenRow | null>(null);
  const tokens = list?.tokens.filter(belongs);
  const revoke = (row: ApiTokenRow) =>
    request("auth.tokens.revoke", { id: row.id })
      .then(() => notify(`"${row.label}" is revoked.`), notifyError)
      .finally(reload);
  return (
    <Part title={title} about={about}>
      {made && <SecretShown label="The new token" secret={made} onClose={() => setMade(null)} />}
      {tokens?.length === 0 && !made && <Nothing>None yet.</Nothing>}
      {tokens && tokens.length > 0 && (
        <Rows label={title}>
          {tokens.map((row) => (
            <Row key={row.id} name={row.label} facts={factsOf(row)}>
              <Button look="danger" aria-label={`Revoke ${row.label}`} onClick={() => setRevoking(row)}>
                Revoke
              </Button>
            </Row>
          ))}
        </Rows>
      )}
      {form((secret) => {
        setMade(secret);
        reload();
      })}
      <ConfirmDialog
        open={revoking !== null}
        title={`Revoke "${revoking?.label ?? ""}"?`}
        text="Programs that use it are shut out at once."
        action="Revoke"
        onConfirm={() => revoking && void revoke(revoking)}
        onClose={() => setRevoking(null)}
      />
    </Part>
  );
}
