/** A map that forgets what was set first once it holds more than `most` entries. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(key: Key, value: Value): this {
    super.set(key, value);
    const [first] = this.keys();
    if (this.size > this.#most && first !== undefined) this.delete(first);
    return this;
  }
}
