import { readOwnNetworks } from '../agent/own-addresses';
import { Failure } from '../outcome/failure';
import { type Address, cidr, isRefusal, parseHost } from '../policy/address';

/**
 * Reads the address of an incident handler: one host, and not this one.
 * Throws `Failure('bad-address')` with the reason.
 */
export function parseHandler(text: string): Address {
  const address = parseHost(text);
  if (isRefusal(address)) {
    const message = `The handler's address was refused: ${address.refused}. Nothing was changed. Name the workstation by one IP address, such as 192.0.2.50.`;
    throw new Failure('bad-address', message);
  }
  const own = readOwnNetworks();
  if (own.addresses.has(cidr(address))) {
    const message = `${address.text} is this host's own address, so nobody could come in. Nothing was changed. Name the address of the workstation.`;
    throw new Failure('bad-address', message);
  }
  if (own.broadcasts.has(address.text)) {
    const message = `${address.text} is the broadcast address of a network of this host, so nobody could come in. Nothing was changed. Name the address of the workstation.`;
    throw new Failure('bad-address', message);
  }
  return address;
}
