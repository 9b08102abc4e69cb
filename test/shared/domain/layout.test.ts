import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesInShort, shortPage } from '../../../shared/domain/layout.ts';

describe('the names of a certificate', () => {
  it.each([
    [['api.example.com'], '"api.example.com"'],
    [['api.example.com', 'b'], '"api.example.com" and "b"'],
    [['api.example.com', 'b', 'c', 'd'], '"api.example.com", "b", "c" and "d"'],
    [['api.example.com', ...Array(99).fill('b')], '"api.example.com", "b", "b" and 97 more names'],
  ])('are the first three and a count where they are many: %2$s', (names, text) =>
    expect(namesInShort(names)).toBe(text),
  );
});

describe('a short page', () => {
  const look = 'Where to look\n  Runbook: https://example.com/runbook.md\n';
  const todo = [
    'What you must do',
    '  Restart it.',
    '  aws ecs update-service \\',
    '    --service web \\',
    '    --region x',
  ];
  const long = `${todo.join('\n')}\n\n${look}`;

  it('is the page itself where it fits', () => expect(shortPage(long, long.length)).toBe(long));

  it('is what can be said first, and where to look', () => {
    const text = `What happened\n${'  Something happened.\n'.repeat(30)}\n${look}`;
    expect(shortPage(text, 220)).toBe(
      `What happened\n${'  Something happened.\n'.repeat(4)}\nThis is not all: the whole did not fit into one message.\n\n${look}`,
    );
  });

  it('leaves a command out rather than cutting it', () => {
    const options = '    --option of-the-command \\\n'.repeat(9);
    const short = shortPage(long.replace('    --region', `${options}    --region`), 300);
    expect(short).toContain('  Restart it.\n\nThis is not all');
    expect(short).not.toContain('aws');
  });

  it('fits where it is one section only', () => {
    const short = shortPage('A line of this section\n'.repeat(20).trim(), 200);
    expect(short.length).toBeLessThanOrEqual(200);
    expect(short).toContain('A line of this section\n\nThis is not all');
  });

  it('fits, whatever the page', () => {
    const line = fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom('', '  aws \\', 'printf |'));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.integer({ min: 150, max: 400 }), (lines, room) => {
        const short = shortPage(lines.join('\n'), room);
        expect(short.length).toBeLessThanOrEqual(room);
        expect(short === lines.join('\n') || short.includes('This is not all')).toBe(true);
      }),
    );
  }, 60_000);
});
