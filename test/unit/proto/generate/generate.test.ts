// Shows what the generator makes of small contracts, and that it refuses what it does not carry instead of making less of it.
import { describe, expect, test } from 'vitest';
import { generateContract } from '../../../../proto/generate/generate.ts';

function generate(body: string): ReadonlyMap<string, string> {
  return generateContract(new Map([['small', `syntax = "proto3";\npackage shoal;\n${body}`]]));
}

describe('generateContract', () => {
  test('carries comments over to types, fields, members and values', () => {
    const text = generate(`
      // What it is.
      // In two lines.
      message Small {
        // How long.
        uint64 length = 1;
        // Which one.
        oneof choice {
          // The left one.
          string left_one = 2;
        }
      }
      // A colour.
      enum Colour {
        COLOUR_NONE = 0;
        // As blood.
        RED = 3;
      }`).get('gen/small.ts');
    expect(text).toContain('/**\n * What it is.\n * In two lines.\n */\nexport interface Small {');
    expect(text).toContain('  /** How long. */\n  readonly length: number;');
    expect(text).toContain('  /** Which one. */\n  readonly choice: SmallChoice | undefined;');
    expect(text).toContain(
      "  /** The left one. */\n  | { readonly kind: 'leftOne'; readonly value",
    );
    expect(text).toContain('/** A colour. */\nexport const Colour = {\n  colourNone: 0,');
    expect(text).toContain('  /** As blood. */\n  red: 3,');
  });

  test('makes a server and a client only for a file with services', () => {
    const generated = generate(`
      message Ask {}
      message Answer {}
      service Oracle {
        rpc Tell(Ask) returns (stream Answer) { option (roles) = "manager,anyone"; }
      }`);
    expect([...generated.keys()]).toEqual(['gen/small.ts', 'rpc/small.ts']);
    expect(generated.get('rpc/small.ts')).toContain("roles: ['manager', 'anyone'],");
    expect([...generate('message Alone {}').keys()]).toEqual(['gen/small.ts']);
  });

  test('writes fields in the order of their numbers, whatever the order in the file', () => {
    const text = generate('message Small { bool second = 2; bool first = 1; }').get('gen/small.ts');
    expect(text).toMatch(/writer\.bool\(8, value\.first\);\n.*writer\.bool\(16, value\.second\);/);
  });

  test.each([
    [
      'a method without roles',
      'message A {} service S { rpc Go(A) returns (A); }',
      /S\.Go: has no roles/,
    ],
    [
      'a role that is not known',
      'message A {} service S { rpc Go(A) returns (A) { option (roles) = "root"; } }',
      /role root is not known/,
    ],
    [
      'a stream of requests',
      'message A {} service S { rpc Go(stream A) returns (A) { option (roles) = "anyone"; } }',
      /streams of requests are not carried/,
    ],
    ['a type that is not declared', 'message A { Missing b = 1; }', /type Missing is not carried/],
    ['a type without a codec', 'message A { fixed64 b = 1; }', /type fixed64 is not carried/],
    ['a map of other types', 'message A { map<string, int64> b = 1; }', /only map<string, string>/],
    ['repeated numbers', 'message A { repeated uint64 b = 1; }', /repeated numbers/],
    ['nested declarations', 'message A { message B {} }', /declarations do not nest/],
    ['the name that the codec needs', 'message A { string unknown = 1; }', /A\.unknown/],
    [
      'a oneof with other numbers in between',
      'message A { oneof b { string c = 1; string d = 3; } string e = 2; }',
      /A\.b: other fields have numbers in between/,
    ],
    ['an enum that does not begin with 0', 'enum A { B = 1; }', /first value/],
  ])('refuses %s', (_name, body, message) => {
    expect(() => generate(body)).toThrow(message);
  });

  test('refuses two declarations of one name in different files', () => {
    const source = 'syntax = "proto3";\npackage shoal;\nmessage Same {}';
    expect(() =>
      generateContract(
        new Map([
          ['one', source],
          ['two', source],
        ]),
      ),
    ).toThrow(/Same is in one and two/);
  });
});
