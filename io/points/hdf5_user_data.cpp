#include "io/points/hdf5_user_data.hpp"

#include <algorithm>
#include <cmath>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/points/text_encoding.hpp"

namespace tvem {
namespace {

/// Adds "path (sizes)" for all datasets within a group. Passes over links that lead nowhere. Limits
/// depth and number, since links may form circles.
void list_datasets(Hdf5Group const& group, std::string const& prefix,
                   std::vector<std::string>& found) {
  constexpr std::size_t most = 30;
  bool const is_too_deep = std::count(prefix.begin(), prefix.end(), '/') > 8;
  for (std::string const& name : group.members()) try {
      if (found.size() >= most || is_too_deep) return;
      if (group.kind(name) == Hdf5Kind::group) {
        list_datasets(group.open_group(name), prefix + name + "/", found);
        continue;
      }
      auto const sizes = joined(group.shape(name), " x ");
      found.push_back(fmt::format("{}{} ({})", prefix, name, sizes.empty() ? "one value" : sizes));
    } catch (Error const&) {
    }
}

class LabelReader {
 public:
  LabelReader(Hdf5Group const& root, std::string const& dataset, std::size_t n)
      : root_(root),
        dataset_(dataset),
        n_(n),
        subject_(hdf5_subject(root, dataset, "--labels")),
        kind_(hdf5_kind_of(root, dataset, subject_)),
        is_matlab_text_(root.member_text(dataset, "MATLAB_class") == "char") {}

  std::vector<std::string> read() {
    if (kind_ != Hdf5Kind::integer && kind_ != Hdf5Kind::real && kind_ != Hdf5Kind::text)
      refuse(fmt::format("this is not a dataset of texts or integers but {}; {}",
                         hdf5_words_for(root_, dataset_), hdf5_datasets_text(root_)));
    auto const shape = root_.shape(dataset_);
    bool const is_list =
        shape.size() == 1 || (shape.size() == 2 && std::min(shape[0], shape[1]) == 1);
    std::size_t const size = shape.empty() ? 1 : *std::max_element(shape.begin(), shape.end());
    if (is_list && size == n_) return texts();
    if (shape.size() == 2 && (kind_ == Hdf5Kind::text || is_matlab_text_))
      return texts_of_characters(shape);
    refuse(fmt::format("{} for {} points",
                       is_list ? fmt::format("{} labels", size) : "no list of labels", n_));
  }

 private:
  [[noreturn]] void refuse(std::string const& problem) const {
    throw ConfigurationError(subject_ + ": " + problem);
  }

  std::vector<std::string> texts() const {
    if (kind_ == Hdf5Kind::text) return root_.read_text(dataset_);
    if (kind_ == Hdf5Kind::real) return texts_of_reals();
    std::vector<std::string> texts;
    for (std::int64_t const value : root_.read<std::int64_t>(dataset_))
      texts.push_back(is_matlab_text_ ? character(value) : fmt::to_string(value));
    return texts;
  }
  std::vector<std::string> texts_of_reals() const {
    std::vector<std::string> texts;
    for (double const label : root_.read<double>(dataset_)) {
      if (!std::isnan(label) && (std::trunc(label) != label || std::fabs(label) > 9e15))
        refuse(fmt::format("label {} is not an integer", texts.size() + 1));
      texts.push_back(std::isnan(label) ? "" : fmt::format("{:.0f}", label + 0.0));
    }
    return texts;
  }
  /// The character of a unit of UTF-16, in which MATLAB stores its texts.
  static std::string character(std::int64_t unit) {
    std::string const bytes{'\xff', '\xfe', static_cast<char>(unit & 0xff),
                            static_cast<char>(unit >> 8 & 0xff)};
    return without_mark(bytes).value_or("\ufffd");
  }

  /// A matrix of single characters: n x w as netCDF has them, w x n as MATLAB stores them.
  std::vector<std::string> texts_of_characters(std::vector<std::size_t> const& shape) const {
    auto const characters = texts();
    std::size_t const width = is_matlab_text_ ? shape[0] : shape[1];
    if (shape[0] * shape[1] != n_ * width)
      refuse(fmt::format("{} labels for {} points",
                         characters.size() / std::max<std::size_t>(width, 1), n_));
    std::vector<std::string> labels;
    for (std::size_t i = 0; i < n_; ++i) {
      std::string label;
      for (std::size_t c = 0; c < width; ++c)
        label += characters[is_matlab_text_ ? c * n_ + i : i * width + c];
      labels.push_back(trimmed(label));
    }
    return labels;
  }

  Hdf5Group const& root_;
  std::string const& dataset_;
  std::size_t n_;
  std::string subject_;
  Hdf5Kind kind_;
  bool is_matlab_text_;
};

}  // namespace

std::string hdf5_subject(Hdf5Group const& root, std::string const& dataset,
                         std::string const& option) {
  return option + " " + root.where() + (dataset.starts_with('/') ? "" : "/") + dataset;
}

Hdf5Kind hdf5_kind_of(Hdf5Group const& root, std::string const& dataset,
                      std::string const& subject) {
  if (root.has(dataset)) return root.kind(dataset);
  throw ConfigurationError(subject + ": this is not there; " + hdf5_datasets_text(root));
}

std::string hdf5_words_for(Hdf5Group const& root, std::string const& dataset) {
  switch (root.kind(dataset)) {
    case Hdf5Kind::group:
      return root.has(dataset + "/block0_values")
                 ? "a table of pandas, whose numbers may be " + dataset + "/block0_values"
                 : "a group";
    case Hdf5Kind::records:
      return "records with the fields " + joined(root.fields(dataset)) +
             ", as PyTables and pandas write them: write the numbers as a matrix of its own";
    case Hdf5Kind::references:
      return "references, as those of a cell array of MATLAB: write a matrix of numbers, or labels "
             "as a matrix of characters";
    case Hdf5Kind::text:
      return "texts";
    default:
      return "values of another kind";
  }
}

std::string hdf5_datasets_text(Hdf5Group const& root) {
  std::vector<std::string> found;
  list_datasets(root, "", found);
  return found.empty() ? "the file has no datasets" : "the file has " + joined(found);
}

std::vector<std::string> read_hdf5_labels(Hdf5Group const& root, std::string const& dataset,
                                          std::size_t n, std::vector<std::string>& notes) {
  auto labels = LabelReader(root, dataset, n).read();
  std::vector<std::string*> texts;
  for (std::string& label : labels) texts.push_back(&label);
  Decoding const decoding = make_utf8(texts);
  if (decoding.refused)
    throw ConfigurationError(fmt::format(
        "{}: label {} shows that they are neither all UTF-8 nor all Windows-1252 (Latin-1)",
        hdf5_subject(root, dataset, "--labels"), *decoding.refused + 1));
  if (decoding.converted)
    notes.push_back(
        fmt::format("the labels are not UTF-8 (label {}) and are read as Windows-1252 (Latin-1)",
                    *decoding.converted + 1));
  return labels;
}

}  // namespace tvem
