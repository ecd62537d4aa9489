import { type RegistryValues, textOf } from '../../../windows/registry-file';
import { readFields } from './rule-fields';

/** A connection security rule that demands IPsec of everybody. */
export interface IpsecDemand {
  readonly id: string;
  readonly name: string;
}

/** Actions that let traffic through without IPsec, wholly or where it cannot be had ([MS-FASP] 2.2.52). */
const lenient: readonly (string | undefined)[] = ['boundary', 'donotsecure'];

/** Fields that name the ends, their ports or a tunnel ([MS-GPFAS] 2.2.6.2). */
const narrowing = /^(ep[12](port|_)|[lr]tunnel)/;

/**
 * The active rules, one in each value, that demand IPsec of what comes in or of everything, whoever the other is. One
 * with an action that nobody knows counts; one for some ends, ports or tunnels is left out.
 */
export function readIpsecDemands(values: RegistryValues): IpsecDemand[] {
  const demands: IpsecDemand[] = [];
  for (const [id, value] of values.all()) {
    const { fields } = readFields(textOf(value) ?? '');
    const byName = new Map(fields);
    const isActive = fields.length > 0 && byName.get('active')?.toLowerCase() !== 'false';
    if (!isActive || lenient.includes(byName.get('action')?.toLowerCase())) continue;
    if (!fields.some(([name]) => narrowing.test(name))) demands.push({ id, name: byName.get('name') ?? '' });
  }
  return demands;
}
