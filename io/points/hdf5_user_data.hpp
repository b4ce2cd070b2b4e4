#pragma once

#include <string>
#include <vector>

#include "io/hdf5/hdf5.hpp"

namespace tvem {

// Datasets that an option names in a user's file.

/// The beginning of every problem of a dataset: option, file and path within it.
std::string hdf5_subject(Hdf5Group const& root, std::string const& dataset,
                         std::string const& option);

/// The kind of a member. When it is missing, throws ConfigurationError that lists the datasets of
/// the file.
Hdf5Kind hdf5_kind_of(Hdf5Group const& root, std::string const& dataset,
                      std::string const& subject);

/// Words for a member in a message: "a group", "records with the fields a, b".
std::string hdf5_words_for(Hdf5Group const& root, std::string const& dataset);

/// "the file has a (5 x 2), group/b (5)": all datasets with their sizes, those within groups too.
std::string hdf5_datasets_text(Hdf5Group const& root);

/// The n labels of a dataset (readers.hpp) in UTF-8; empty ones are missing. Throws
/// ConfigurationError when the dataset has another number of labels, or none.
std::vector<std::string> read_hdf5_labels(Hdf5Group const& root, std::string const& dataset,
                                          std::size_t n, std::vector<std::string>& notes);

}  // namespace tvem
