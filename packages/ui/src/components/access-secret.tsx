/** A secret that is shown this once. */

import { Button } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";

export function SecretShown({ label, secret, onClose }: { label: string; secret: string; onClose(): void }) {
  return (
    <section aria-label={label} className="mb-3 animate-rise rounded-2xl border border-honey bg-honey-wash p-4">
      <p className="text-sm font-medium">{label}. It is shown only now.</p>
      <div className="mt-2 flex items-center gap-2 rounded-xl border border-line bg-raised py-1 pl-3 pr-1">
        <code className="code min-w-0 flex-1 [overflow-wrap:anywhere]" data-secret="">
          {secret}
        </code>
        <CopyButton text={secret} label="Copy it" />
      </div>
      <Button className="mt-3" onClick={onClose}>
        I have kept it
      </Button>
    </section>
  );
}
