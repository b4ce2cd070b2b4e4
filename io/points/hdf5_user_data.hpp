#pragma once

#include <string>
#include <vector>

#include "io/hdf5/hdf5.hpp"

namespace tvem {

// Datasets of a user's file that an option names.

/// How problems of a dataset begin: option, file and path within it.
std::string hdf5_subject(Hdf5Group const& root, std::string const& dataset,
                         std::string const& option);

/// The kind of a member. Throws ConfigurationError, listing the datasets that there are, when it is
/// not there.
Hdf5Kind hdf5_kind_of(Hdf5Group const& root, std::string const& dataset,
                      std::string const& subject);

/// What a member is, for a message: "a group", "records with the fields a, b".
std::string hdf5_words_for(Hdf5Group const& root, std::string const& dataset);

/// "the file has a (5 x 2), group/b (5)": all datasets with their sizes, also within groups.
std::string hdf5_datasets_text(Hdf5Group const& root);

/// The n labels of a dataset, as points_hdf5.hpp has them, made UTF-8; empty ones are missing.
/// Throws ConfigurationError when the dataset has none, or another number.
std::vector<std::string> read_hdf5_labels(Hdf5Group const& root, std::string const& dataset,
                                          std::size_t n, std::vector<std::string>& notes);

}  // namespace tvem
