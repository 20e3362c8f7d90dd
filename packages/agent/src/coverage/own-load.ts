/** The agent's own cost: processor time since the last look and resident memory. */
export class OwnLoad {
  #before = process.cpuUsage();

  look(): { readonly cpuMicros: number; readonly rssBytes: number } {
    const used = process.cpuUsage(this.#before);
    this.#before = process.cpuUsage();
    return { cpuMicros: used.user + used.system, rssBytes: process.memoryUsage.rss() };
  }
}
