// Who there is, for pages of administrators that name people.
const MOST_PEOPLE = 100; // of a page

/** Everybody's e-mail address by their id. */
export async function everybody(connection) {
  const found = new Map();
  for (let offset = 0, hasMore = true; hasMore; offset += MOST_PEOPLE) {
    const page = await connection.call("user.list", { limit: MOST_PEOPLE, offset });
    for (const { id, email } of page.data) found.set(id, email);
    hasMore = page.pagination.hasMore;
  }
  return found;
}
