/**
 * A list that comes in pages: `await` gives the page that was asked for, `for await` everything from there on.
 *
 * @template {{ data: any[], pagination: { nextOffset?: number | null } }} Page
 * @template Item
 * @implements {PromiseLike<Page>}
 */
export class Listing {
  #request;
  #ask;

  /**
   * @param {any} request
   * @param {(request: any) => Promise<Page>} ask
   */
  constructor(request, ask) {
    this.#request = request;
    this.#ask = ask;
  }

  /**
   * @template [Result=Page]
   * @template [Failure=never]
   * @param {((page: Page) => Result | PromiseLike<Result>) | null} [onFulfilled]
   * @param {((reason: any) => Failure | PromiseLike<Failure>) | null} [onRejected]
   * @returns {Promise<Result | Failure>}
   */
  // biome-ignore lint/suspicious/noThenProperty: `await` gives a page
  then(onFulfilled, onRejected) {
    return this.#ask(this.#request).then(onFulfilled, onRejected);
  }

  /** @returns {AsyncGenerator<Item, void, void>} */
  async *[Symbol.asyncIterator]() {
    /** @type {number | null | undefined} */
    let offset = this.#request.offset ?? 0;
    while (offset !== null && offset !== undefined) {
      const page = await this.#ask({ ...this.#request, offset });
      yield* page.data;
      offset = page.pagination.nextOffset;
    }
  }
}
