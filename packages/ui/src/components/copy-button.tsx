/** Copies a text and says so. */

import Check from "lucide-react/icons/check";
import Copy from "lucide-react/icons/copy";
import { useState } from "react";
import { notify } from "../store/notices.ts";
import { IconButton } from "./button.tsx";

const confirmMs = 1_600;

export function CopyButton({ text, label, className = "size-8" }: { text: string; label: string; className?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), confirmMs);
    } catch {
      notify("The browser did not allow copying.", "error", "Select the text and copy it by hand.");
    }
  };
  return (
    <IconButton label={copied ? "Copied" : label} className={className} onClick={copy}>
      {copied ? <Check size={15} className="text-kelp" /> : <Copy size={15} />}
    </IconButton>
  );
}
