# mclust's EM (Scrucca et al. 2016) with one covariance of the form sigma^2 I, from its own hierarchical start:
#   external:mclust=Rscript experiments/external/mclust.R
# It needs the R packages hdf5r and mclust (Debian: r-cran-hdf5r, r-cran-mclust).
suppressPackageStartupMessages({
  library(hdf5r)
  library(mclust)
})

paths <- commandArgs(trailingOnly = TRUE)
tasks <- H5File$new(paths[1], mode = "r")[["tasks"]]
offset <- tasks[["offset"]]$read()
components <- tasks[["components"]]$read()
dims <- tasks[["dim"]]$read()
points <- tasks[["points"]]$read()  # by columns: coordinate x point

label <- integer(ncol(points))
seconds <- numeric(length(components))
for (t in seq_along(components)) {
  rows <- (offset[t] + 1):offset[t + 1]
  x <- t(points[seq_len(dims[t]), rows, drop = FALSE])
  seconds[t] <- system.time({
    fit <- Mclust(x, G = components[t], modelNames = if (dims[t] == 1) "E" else "EII", verbose = FALSE)
  })[["elapsed"]]
  # Without a fit the task has failed: no point has a cluster.
  label[rows] <- if (is.null(fit)) -1L else as.integer(fit$classification) - 1L
}

answers <- H5File$new(paths[2], mode = "w")
answers[["label"]] <- label
answers[["seconds"]] <- seconds
answers$close_all()
