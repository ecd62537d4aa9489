import { Failure } from '../../outcome/failure';
import type { Firewall, Site } from '../firewall';

export function nftables(_site: Site): Firewall {
  throw new Failure('tool-missing', 'Linux comes later.');
}
