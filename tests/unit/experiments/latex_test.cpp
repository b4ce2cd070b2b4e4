#include "experiments/report/latex.hpp"

#include <gtest/gtest.h>

namespace tvem {
namespace {

TEST(Latex, Table_HeadRowsAndComments) {
  EXPECT_EQ(latex_table({{"method", "error"}, {"em", "0.1"}}, 1, {"made by hand"}),
            "% made by hand\n\\begin{tabular}{lr}\n\\toprule\nmethod & error \\\\\n\\midrule\n"
            "em & 0.1 \\\\\n\\bottomrule\n\\end{tabular}\n");
}

TEST(Latex, Cells_SignsOfNumbersAndEscapes) {
  std::string const text =
      latex_table({{"a_b&c%", "x"}, {"two-step", "-0.1 [-0.2, +0.3]"}, {"~", "1 - 2"}}, 1, {});
  EXPECT_NE(text.find("a\\_b\\&c\\% & x"), std::string::npos);
  EXPECT_NE(text.find("two-step & $-$0.1 [$-$0.2, $+$0.3]"), std::string::npos);
  EXPECT_NE(text.find("\\char126  & 1 - 2"), std::string::npos);
}

}  // namespace
}  // namespace tvem
