/** Our mark: a shell left open, and the new one stepping out of it. */

export function Mark({ size = 24, className = "" }: { size?: number; className?: string }) {
  return (
    <svg viewBox="4 4 24 24" width={size} height={size} className={className} aria-hidden="true">
      <g fill="none" className="stroke-coral" strokeWidth="3.2" strokeLinecap="round">
        <path d="M17.6 25.4A9.6 9.6 0 0 0 24.2 20.4" />
        <path d="M7.2 19.6A9.6 9.6 0 0 0 12.6 25" />
        <path d="M11.6 8.2A9.6 9.6 0 0 0 6.9 14.6" />
      </g>
      <circle cx="19.4" cy="13" r="5.2" className="fill-ink" />
    </svg>
  );
}
