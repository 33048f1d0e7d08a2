/** Buttons, in the few looks the page has. */

import type { ComponentProps } from "react";

type Look = "primary" | "plain" | "quiet" | "danger";

const looks: Record<Look, string> = {
  primary: "bg-coral text-on-coral hover:bg-coral-deep border-transparent font-medium",
  plain: "bg-raised text-ink border-line hover:bg-hover hover:border-edge",
  quiet: "bg-transparent text-soft border-transparent hover:bg-hover hover:text-ink",
  danger: "bg-transparent text-rose border-rose hover:bg-rose-wash",
};

export function Button({ look = "plain", className = "", type = "button", ...rest }: ComponentProps<"button"> & { look?: Look }) {
  return (
    <button
      type={type}
      className={`inline-flex min-h-9 items-center justify-center gap-2 rounded-[0.625rem] border px-3.5 py-1.5 text-sm transition-colors disabled:opacity-55 ${looks[look]} ${className}`}
      {...rest}
    />
  );
}

/** A button that shows an icon only; its name is read aloud and shown on hover. */
export function IconButton({
  label,
  className = "",
  type = "button",
  ...rest
}: Omit<ComponentProps<"button">, "aria-label"> & { label: string }) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={`grid size-9 shrink-0 place-items-center rounded-[0.625rem] text-soft transition-colors hover:bg-hover hover:text-ink disabled:opacity-50 ${className}`}
      {...rest}
    />
  );
}
