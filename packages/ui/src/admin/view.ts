/** What a page of the admin is given. */

export interface AdminView {
  /** What follows the page's own name in the address: `#/admin/<id>/<rest>`. */
  rest: string | null;
}
