/** Fields of a 64-bit Windows executable (Microsoft, "PE Format"), as far as the tests look at them. */
export class PortableExecutable {
  private readonly optionalHeader: number;

  constructor(private readonly bytes: Buffer) {
    this.optionalHeader = bytes.readUInt32LE(0x3c) + 24;
  }

  /** Size of the table that holds signatures. */
  get signatureSize(): number {
    return this.directory(4).size;
  }

  /** Where DLLs are looked for that nobody gave a path: IMAGE_LOAD_CONFIG_DIRECTORY64.DependentLoadFlags. */
  get dependentLoadFlags(): number {
    return this.bytes.readUInt16LE(this.offsetOf(this.directory(10).address) + 0x4e);
  }

  /** Names of the DLLs that Windows loads before the program's first instruction. */
  get imports(): string[] {
    const names: string[] = [];
    for (let entry = this.offsetOf(this.directory(1).address); ; entry += 20) {
      const name = this.bytes.readUInt32LE(entry + 12);
      if (name === 0) return names;
      const start = this.offsetOf(name);
      names.push(this.bytes.toString('latin1', start, this.bytes.indexOf(0, start)).toLowerCase());
    }
  }

  /** Where the sections begin in the file. */
  get sectionStarts(): number[] {
    return this.sections.map((section) => this.bytes.readUInt32LE(section + 20));
  }

  /** For each debugging record: where the file's own header says that it stands, and where its address is. */
  get debugRecords(): { readonly stated: number; readonly found: number }[] {
    const { address, size } = this.directory(6);
    const entries = Array.from({ length: size / 28 }, (_, index) => this.offsetOf(address) + 28 * index);
    return entries.map((entry) => ({
      stated: this.bytes.readUInt32LE(entry + 24),
      found: this.offsetOf(this.bytes.readUInt32LE(entry + 20)),
    }));
  }

  private directory(index: number): { address: number; size: number } {
    const entry = this.optionalHeader + 112 + 8 * index;
    return { address: this.bytes.readUInt32LE(entry), size: this.bytes.readUInt32LE(entry + 4) };
  }

  /** Where a virtual address stands in the file. */
  private offsetOf(address: number): number {
    for (const section of this.sections) {
      const start = this.bytes.readUInt32LE(section + 12);
      const size = this.bytes.readUInt32LE(section + 16);
      if (address >= start && address < start + size) return address - start + this.bytes.readUInt32LE(section + 20);
    }
    throw new Error(`no section holds ${address}`);
  }

  /** The places of the section headers in the file. */
  private get sections(): number[] {
    const first = this.optionalHeader + this.bytes.readUInt16LE(this.optionalHeader - 4);
    const count = this.bytes.readUInt16LE(this.optionalHeader - 18);
    return Array.from({ length: count }, (_, index) => first + 40 * index);
  }
}
