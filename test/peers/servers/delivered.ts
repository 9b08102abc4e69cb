import { type Format, formats } from '../../../shared/domain/form.ts';
import { startCourierLab } from '../../functions/courier-lab.ts';

export type Secret = Readonly<Record<string, string>>;

export const algorithms = { 'RSA-2048': 'RSA_2048', 'P-256': 'EC_prime256v1', 'P-384': 'EC_secp384r1' } as const;
export type Algorithm = keyof typeof algorithms;
export const formatNames = Object.keys(formats) as Format[];
export const algorithmNames = Object.keys(algorithms) as Algorithm[];

export type Delivered = {
  /** PEM, the root from which all of it comes. */
  readonly root: string;
  of(format: Format, algorithm: Algorithm): { readonly name: string; readonly serial: string; readonly secret: Secret };
};

/** A certificate of each algorithm, delivered in all formats at once, as acm-courier does it: on the lab, by the packaged stack. */
export async function deliverAll(): Promise<Delivered> {
  const lab = await startCourierLab();
  try {
    const root = lab.lab.authority.cas.find(({ arn }) => arn === lab.lab.caArns.root)?.certificatePem ?? '';
    const found = new Map<string, { name: string; serial: string; secret: Secret }>();
    for (const algorithm of algorithmNames) {
      const name = `${algorithm.toLowerCase()}.example.com`;
      const secretOf = (format: Format) => `courier/${algorithm}-${format}`;
      const secret = formatNames.map((format) => `${secretOf(format)}:${format}`).join(' ');
      const arn = await lab.issue({ name, secret, keyAlgorithm: algorithms[algorithm] });
      const serial = await lab.serialOf(arn);
      for (const format of formatNames) {
        const { value } = await lab.current(secretOf(format));
        found.set(`${format} ${algorithm}`, { name, serial, secret: value });
      }
    }
    return {
      root,
      of(format, algorithm) {
        const delivered = found.get(`${format} ${algorithm}`);
        if (!delivered) throw new Error(`Nothing was delivered as ${format}, ${algorithm}`);
        return delivered;
      },
    };
  } finally {
    await lab.stop();
  }
}
