import { ownAddresses } from '../agent/own-addresses';
import { Failure } from '../outcome/failure';
import { type Address, cidr, isRefusal, parseHost } from '../policy/address';

/**
 * Reads the address of an incident handler: one host, and not this one.
 * Throws `Failure('bad-address')` with the reason.
 */
export function parseHandler(text: string): Address {
  const address = parseHost(text);
  if (isRefusal(address)) {
    throw new Failure('bad-address', `The handler's address was refused: ${address.refused}. Nothing was changed.`);
  }
  if (ownAddresses().has(cidr(address))) {
    const message = `${address.text} is this host's own address, so nobody could come in. Nothing was changed.`;
    throw new Failure('bad-address', message);
  }
  return address;
}
