#include "io/points/points_file.hpp"

#include "framework/core/error.hpp"
#include "io/durable/text_file.hpp"
#include "io/points/readers.hpp"
#include "io/points/text_encoding.hpp"

namespace tvem {

PointTable read_points(fs::path const& path, PointSelection const& selection) {
  std::string const subject = "--data " + path.string();
  auto const content = text_of_file(path);
  if (!content) throw ConfigurationError(subject + ": this is not a file that can be read");
  std::string const& bytes = *content;
  bool const is_hdf5 = bytes.find("\x89HDF\r\n\x1a\n") % 512 == 0;
  if (is_hdf5) return read_hdf5_points(path, selection);
  if (!selection.dataset.empty())
    throw ConfigurationError(subject + " is no HDF5 file: --dataset does not belong to it");
  auto const text = without_mark(bytes);
  if (!text || text->find('\0') != std::string::npos)
    throw ConfigurationError(subject + ": this is not text in UTF-8 or ASCII");
  PointTable table = read_csv_points(*text, subject, selection);
  if (has_mark_of_utf16(bytes))
    table.notes.insert(table.notes.begin(), "the file is UTF-16, and read as such");
  return table;
}

}  // namespace tvem
