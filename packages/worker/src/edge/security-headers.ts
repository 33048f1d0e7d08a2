/** Headers that every page and file carries: no script, style, frame or connection from anywhere but this server. */

/**
 * No inline script or style sheet. Style attributes alone are allowed: highlighted code and resized panes set them,
 * and without `url()` to other hosts they can leak nothing.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const common = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=(), hid=()",
};

/** A copy of the response with the headers set; a policy that the response brings itself (a download's sandbox) stays. */
export function secured(response: Response): Response {
  // A socket's answer cannot be copied, and needs none of these.
  if (response.webSocket) return response;
  const copy = new Response(response.body, response);
  for (const [name, value] of Object.entries(common)) copy.headers.set(name, value);
  if (!copy.headers.has("content-security-policy")) copy.headers.set("content-security-policy", policy);
  return copy;
}
