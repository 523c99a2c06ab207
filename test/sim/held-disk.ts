import type { Disk, DiskFile } from '../../common/ports/disk.ts';
import type { Incarnation } from './incarnation.ts';

/** The disk as one process reaches it: what a call came to is heard only while the process runs. */
export function heldDisk(disk: Disk, life: Incarnation): Disk {
  return {
    open: async (path, mode) => heldFile(await life.hold(disk.open(path, mode)), life),
    readFile: (path) => life.hold(disk.readFile(path)),
    list: (path) => life.hold(disk.list(path)),
    exists: (path) => life.hold(disk.exists(path)),
    makeDirectory: (path) => life.hold(disk.makeDirectory(path)),
    rename: (from, to) => life.hold(disk.rename(from, to)),
    remove: (path) => life.hold(disk.remove(path)),
    removeTree: (path) => life.hold(disk.removeTree(path)),
    syncDirectory: (path) => life.hold(disk.syncDirectory(path)),
    freeBytes: (path) => life.hold(disk.freeBytes(path)),
  };
}

function heldFile(file: DiskFile, life: Incarnation): DiskFile {
  return {
    read: (offset, length) => life.hold(file.read(offset, length)),
    write: (offset, bytes) => life.hold(file.write(offset, bytes)),
    writeDurably: (offset, bytes) => life.hold(file.writeDurably(offset, bytes)),
    sync: () => life.hold(file.sync()),
    truncate: (bytes) => life.hold(file.truncate(bytes)),
    size: () => life.hold(file.size()),
    close: () => life.hold(file.close()),
    [Symbol.asyncDispose]: () => life.hold(file.close()),
  };
}
