import { readFileSync } from 'node:fs';
import { Failure } from '../../outcome/failure';
import type { Nft } from './nft';
import { tableCommand, tables, transaction } from './ruleset';

/** The bit of CAP_NET_ADMIN in the kernel's sets of rights (capabilities(7), linux/capability.h). */
const netAdmin = 12n;

/**
 * Why containment cannot work here, as a failure that names the cause and not its symptom. It is found by trying, since
 * the words of nft and of the kernel differ with their versions. `refusal`: what was said when all was tried at once.
 */
export async function unableBecause(nft: Nft, refusal: string): Promise<Failure> {
  const broken = await nft.checkProgram();
  if (broken !== undefined) return unable(`${nft.program} cannot be run: ${broken}. Repair the package nftables`);
  const onlyTable = transaction([tableCommand('add', tables[0])]);
  const withoutRules = await nft.check(onlyTable);
  if (withoutRules !== undefined && !mayChangeFirewall()) return notAllowed(withoutRules);
  if (withoutRules !== undefined)
    return unable(`the kernel's firewall cannot be used: ${withoutRules}. Use a kernel with nf_tables`);
  if ((await nft.checkWithJson(onlyTable)) !== undefined)
    return unable(
      `${nft.program} was built without JSON, so what it loads could not be read back. Install nft with JSON, such as the distribution's package nftables`,
    );
  return unable(`nft or the kernel does not take the rules: ${refusal}. Use a newer nft or a newer kernel`);
}

function notAllowed(why: string): Failure {
  const message =
    process.getuid?.() === 0
      ? `This process runs as root without the right CAP_NET_ADMIN, so it may not change the firewall and nothing was changed: ${why}. Give it that right (a container: --cap-add NET_ADMIN; a service: CapabilityBoundingSet), then repeat the order.`
      : `This process may not change the firewall, so nothing was changed: ${why}. Run this as root.`;
  return new Failure('not-elevated', message);
}

function unable(why: string): Failure {
  return new Failure('tool-missing', `Nothing was changed: ${why}, then repeat the order.`);
}

/** True also where this cannot be read; then the message has nft's own answer. */
function mayChangeFirewall(): boolean {
  try {
    const [, effective] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return effective === undefined || ((BigInt(`0x${effective}`) >> netAdmin) & 1n) === 1n;
  } catch {
    return true;
  }
}
