"""The two digests of a file of tvem (io/SCHEMA.md), computed with h5py: for tests that change files."""

import hashlib
import struct

import h5py
import numpy as np

DIGEST = "content_sha256"


def number(value):
    return struct.pack("<Q", value)


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return number(len(data)) + data


def array(item, value, is_stored=True):
    """item: of h5py's low level; value(): of its high level."""
    kind, space = item.get_type(), item.get_space()
    shape = space.get_simple_extent_dims() if space.get_simple_extent_ndims() else ()
    dims = number(len(shape)) + b"".join(map(number, shape))
    if not isinstance(kind, (h5py.h5t.TypeStringID, h5py.h5t.TypeIntegerID, h5py.h5t.TypeFloatID)) or not is_stored:
        return b"r" + number(0) + dims
    values = np.asarray(value())
    if isinstance(kind, h5py.h5t.TypeStringID):
        return b"s" + number(0) + dims + b"".join(text(one) for one in values.reshape(-1).tolist())
    values = values.astype(values.dtype.newbyteorder("<"))
    return values.dtype.kind.encode() + number(values.itemsize) + dims + values.tobytes()


def content(item, is_root=True):
    """The bytes that content_sha256 is the digest of. item: an open h5py.File."""
    names = sorted(name for name in item.attrs if not (is_root and name == DIGEST))
    data = number(len(names))
    for name in names:
        data += text(name) + array(item.attrs.get_id(name), lambda name=name: item.attrs[name])
    if isinstance(item, h5py.Dataset):
        return data + b"d" + array(item.id, lambda: item[()], item.id.get_storage_size() > 0 or item.size == 0)
    return data + b"g" + number(len(item)) + b"".join(text(name) + content(item[name], False) for name in sorted(item))


def seal(path):
    """Writes the digest of the bytes into the user block anew."""
    with open(path, "r+b") as file:
        digest = hashlib.sha256(file.read()[512:]).hexdigest()
        file.seek(0)
        file.write(f"tvem file\nsha256 {digest}\n".encode())


def change(path, edit):
    """edit(open h5py.File); then both digests are made right."""
    with h5py.File(path, "r+") as file:
        edit(file)
        file.attrs[DIGEST] = hashlib.sha256(content(file)).hexdigest()
    seal(path)
